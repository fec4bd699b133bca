"""Artifacts that a record names, and those that its entries say were dropped (record-format.md section 4)."""

from forms import is_hex256
from log import named_artifacts


class Account:
    """Takes entries in their order."""

    def __init__(self):
        # By digest: for each job (or None) that names it the first entry that does, and whether it was dropped since.
        self.namings = {}

    def take(self, seq, job, kind, value):
        for digest in named_artifacts(value):
            first, _ = self.namings.setdefault(digest, {}).get(job, (seq, False))
            self.namings[digest][job] = (first, False)
        dropped = value.get("dropped") if kind == "ArtifactsDropped" and job is not None else None
        for digest in dropped if isinstance(dropped, list) else []:
            if is_hex256(digest) and job in self.namings.get(digest, {}):
                self.namings[digest][job] = (self.namings[digest][job][0], True)

    def kept(self):
        """Those that must be there, with the first entry that says so, in the order in which they were first named."""
        found = {}
        for digest, jobs in self.namings.items():
            standing = [seq for seq, dropped in jobs.values() if not dropped]
            if standing:
                found[digest] = standing[0]
        return found

    def dropped(self):
        return set(self.namings) - set(self.kept())

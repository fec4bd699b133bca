"""The export of one job (record-format.md section 5)."""

import hashlib

from forms import Refused, from_base64, hex256, is_hex256, members, parse_canonical, whole
from kept import Account
from log import Finding, body_is_of, parse_entry
from notes import counts, key_line, open_counting, open_cosignatures, open_note, repeats_line, split_note
from tree import includes, leaf_hash

LARGEST = 1 << 34
LARGEST_REST = 256 << 20
START = b'{"artifacts":{'
PIECE = 1 << 22
FORMATS = {"cellward-job-export/2": 2, "cellward-job-export/3": 3}
STATEMENTS = {"cellward-job-statement/1": 2, "cellward-job-statement/2": 3}
MEMBERS = ("format", "origin", "job", "checkpoint", "statement", "keys", "entries")


class Wrong(Exception):
    """A rule that does not hold, at an entry or at none."""

    def __init__(self, rule, seq=None):
        super().__init__(rule)
        self.finding = Finding(rule, seq)


def _texts(value):
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Refused("not a list of texts")
    return value


def _artifact_digest(data, begin, end):
    """SHA-256 of what canonical base64 between two places stands for."""
    digest = hashlib.sha256()
    for at in range(begin, end, PIECE):
        last = min(at + PIECE, end)
        piece = from_base64(str(data[at:last], "ascii", "replace"))
        if last < end and len(piece) % 3 != 0:
            raise Refused("padding in the middle")
        digest.update(piece)
    return digest.hexdigest()


def scan_artifacts(data):
    """SHA-256 of each artifact by the name that it has, and the text of the other members."""
    if data[: len(START)] != START:
        raise Refused("another beginning")
    at, last, artifacts = len(START), "", {}
    while data[at : at + 1] == b'"':
        name = str(data[at + 1 : at + 65], "ascii", "replace")
        if not is_hex256(name) or name <= last or data[at + 65 : at + 68] != b'":"':
            raise Refused("a wrong name")
        end = data.find(b'"', at + 68)
        if end < 0:
            raise Refused("no end")
        artifacts[name] = _artifact_digest(data, at + 68, end)
        at, last = end + 1, name
        if data[at : at + 1] == b",":
            at += 1
            if data[at : at + 1] != b'"':
                raise Refused("nothing after a comma")
        else:
            break
    if data[at : at + 2] != b"},":
        raise Refused("no end of the artifacts")
    if len(data) - at - 1 > LARGEST_REST:
        raise Refused("too much beside the artifacts")
    return artifacts, b"{" + data[at + 2 :]


def read_file(data):
    """The parts of the file, by form alone; the artifacts as digests of what is there."""
    if len(data) > LARGEST:
        raise Refused("too large")
    artifacts, rest = scan_artifacts(data)
    file = members(parse_canonical(rest), MEMBERS)
    if not isinstance(file["format"], str) or file["format"] not in FORMATS:
        raise Refused("an unknown format")
    if not all(isinstance(file[name], str) for name in ("origin", "job", "checkpoint", "statement")):
        raise Refused("a member that is no text")
    _texts(file["keys"])
    if not isinstance(file["entries"], list):
        raise Refused("a member of another kind")
    entries = []
    for item in file["entries"]:
        members(item, ("entry", "body", "proof"))
        if not isinstance(item["entry"], str) or not isinstance(item["body"], str):
            raise Refused("an entry that is no text")
        proof = [from_base64(node) for node in _texts(item["proof"])]
        if any(len(node) != 32 for node in proof):
            raise Refused("a node has 32 bytes")
        entries.append((item["entry"].encode(), item["body"].encode(), proof))
    return dict(file, version=FORMATS[file["format"]], entries=entries, artifacts=artifacts)


def read_statement(note, origin, keys):
    """The statement's members, and the key that signed it."""
    text, signers = open_note(note, [key for key in keys if key.name == origin])
    if len(split_note(note)[1]) != 1:
        raise Refused("more than one line")
    lines = text.split("\n")
    version = STATEMENTS.get(lines[0])
    if version is None or lines.pop() != "" or len(lines) != (9 if version == 2 else 11):
        raise Refused("not a statement")
    rest = iter(lines[1:])
    said = {"version": version, "by": signers[0], "origin": next(rest), "job": next(rest)}
    said["entries"], said["lastSeq"], said["lastDigest"] = whole(next(rest)), whole(next(rest)), next(rest)
    said["listed"] = next(rest) if version == 3 else None
    said["size"] = whole(next(rest))
    said["note"] = next(rest) if version == 3 else None
    said["artifacts"], said["artifactList"] = whole(next(rest)), next(rest)
    digests = [said["lastDigest"], said["artifactList"]] + ([said["listed"], said["note"]] if version == 3 else [])
    if not all(is_hex256(digest) for digest in digests):
        raise Refused("a malformed digest")
    if said["origin"] != origin:
        raise Refused("a statement of another log")
    # It is made later than its checkpoint: where the key begins does not matter.
    if not counts(said["by"]._replace(begin=None), said["size"]):
        raise Refused("the key had ended")
    return said


def digest_list(digests):
    return hex256("".join(f"{digest}\n" for digest in digests).encode())


def _signed_parts(file, keys, witnesses):
    origin, note = file["origin"], file["checkpoint"]
    try:
        head, signers = open_counting(note, origin, keys)
        if repeats_line(note) or (file["version"] == 2 and len(split_note(note)[1]) != 1):
            raise Refused("more lines than there can be")
    except Refused as problem:
        raise Wrong("checkpoint-signature") from problem
    try:
        said = read_statement(file["statement"], origin, keys)
        if said["version"] != file["version"]:
            raise Refused("the file's format and the statement's do not go together")
    except Refused as problem:
        raise Wrong("statement") from problem
    try:
        by = sorted({key.name for key, _ in open_cosignatures(note, witnesses)})
    except Refused as problem:
        raise Wrong("cosignature") from problem
    if not by and any(key.revoked is not None for key in [*signers, said["by"]]):
        raise Wrong("checkpoint-signature")
    if file["keys"] != [key_line(said["by"])]:
        raise Wrong("export-format")
    return head, said, by


def _walk(file, head):
    """What the entries are, or the first that is wrong."""
    last, boots, held = -1, set(), {"own": [], "listed": [], "account": Account(), "lastSeq": -1, "lastDigest": None}
    held["ended"] = False
    for raw, body, proof in file["entries"]:
        entry = parse_entry(raw)
        if entry is None:
            raise Wrong("entry-format", last + 1)
        if not body_is_of(entry, body):
            raise Wrong("body-changed", entry.seq)
        _place(entry, raw, proof, head, file["job"], last, boots, held["lastDigest"])
        try:
            value = parse_canonical(body)
            if not isinstance(value, dict):
                raise Refused("not an object")
        except Refused as problem:
            raise Wrong("body-format", entry.seq) from problem
        last, digest = entry.seq, hex256(raw)
        held["listed"].append(digest)
        if entry.job is None:
            boots.add(entry.boot)
            continue
        held["own"].append(entry.seq)
        held["account"].take(entry.seq, entry.job, entry.type, value)
        held["lastSeq"], held["lastDigest"] = entry.seq, digest
        held["ended"] = held["ended"] or entry.type == "JobEnded"
    return held


def _place(entry, raw, proof, head, job, last, boots, job_head):
    seq = entry.seq
    if seq <= last:
        raise Wrong("entry-order", seq)
    if not includes(leaf_hash(raw), seq, head.size, proof, head.root):
        raise Wrong("inclusion", seq)
    if entry.job is None:
        if entry.boot in boots:
            raise Wrong("export-format", seq)
        return
    if entry.job != job:
        raise Wrong("export-format", seq)
    if entry.jobPrev != job_head:
        raise Wrong("job-link", seq)
    if entry.boot not in boots:
        raise Wrong("entry-missing", seq)


def _against_statement(file, head, said, held):
    if said["job"] != file["job"] or said["size"] != head.size:
        raise Wrong("statement")
    if said["note"] is not None and said["note"] != hex256(file["checkpoint"].encode()):
        raise Wrong("statement")
    if held["lastSeq"] < said["lastSeq"]:
        raise Wrong("truncated", held["lastSeq"] + 1)
    if (held["lastSeq"], held["lastDigest"], len(held["own"])) != (said["lastSeq"], said["lastDigest"], said["entries"]):
        raise Wrong("statement", said["lastSeq"] + 1)
    if said["listed"] is not None and said["listed"] != digest_list(held["listed"]):
        raise Wrong("statement")


def _artifacts(file, said, held):
    if any(name not in held["account"].namings for name in file["artifacts"]):
        raise Wrong("export-format")
    if any(found != name for name, found in file["artifacts"].items()):
        raise Wrong("artifact-changed")
    if len(file["artifacts"]) != said["artifacts"] or digest_list(sorted(file["artifacts"])) != said["artifactList"]:
        raise Wrong("artifact-missing")


def verify_export(data, keys, witnesses=()):
    """The report on one file."""
    report = {"ok": False, "complete": False, "digest": hex256(data), "countersignedBy": [] if witnesses else None}
    try:
        try:
            file = read_file(data)
        except Refused as problem:
            raise Wrong("export-format") from problem
        head, said, by = _signed_parts(file, keys, witnesses)
        held = _walk(file, head)
        _against_statement(file, head, said, held)
        _artifacts(file, said, held)
    except Wrong as wrong:
        return dict(report, findings=[wrong.finding])
    complete = held["ended"] and all(name in file["artifacts"] for name in held["account"].kept())
    report.update(ok=True, complete=complete, origin=file["origin"], job=file["job"], entries=len(held["own"]))
    report.update(lastEntry=held["lastSeq"], lastCheckpoint=head.size)
    return dict(report, countersignedBy=by if witnesses else None, findings=[])

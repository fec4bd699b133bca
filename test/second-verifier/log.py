"""A whole log: every entry, every checkpoint, every countersigned checkpoint."""

import re
from collections import namedtuple

from forms import SAFE, Refused, hex256, is_hex256, parse_canonical
from continuation import is_continuation
from notes import key_line, open_checkpoint, open_cosignatures, open_counting, signed_by, split_note
from tree import Frontier, leaf_hash

LONGEST_ENTRY = 1024
LONGEST_BODY = 1 << 20
_ID = '"([A-Za-z0-9][A-Za-z0-9._-]{0,63})"'
_HEX = '"([0-9a-f]{64})"'
_WHOLE = "(0|[1-9][0-9]{0,15})"
ENTRY = re.compile(
    rf'\{{"actorId":(?:null|{_ID}),"at":{_WHOLE},"bodyDigest":{_HEX},"boot":{_WHOLE},"clockState":{_ID},'
    rf'"job":(?:null|{_ID}),"jobPrev":(?:null|{_HEX}),"mono":{_WHOLE},"prev":{_HEX},"seq":{_WHOLE},'
    rf'"type":{_ID},"v":1\}}\Z'
)
Entry = namedtuple("Entry", "actorId at bodyDigest boot clockState job jobPrev mono prev seq type")
Row = namedtuple("Row", "seq job entry body")
Finding = namedtuple("Finding", "rule seq")


def parse_entry(data):
    """The entry, or None where the bytes are none."""
    if len(data) > LONGEST_ENTRY:
        return None
    try:
        match = ENTRY.match(data.decode("ascii"))
    except UnicodeDecodeError:
        return None
    if match is None:
        return None
    entry = Entry(*match.groups())
    numbers = {name: int(getattr(entry, name)) for name in ("at", "boot", "mono", "seq")}
    return entry._replace(**numbers) if max(numbers.values()) <= SAFE else None


def body_is_of(entry, body):
    return len(body) <= LONGEST_BODY and hex256(body) == entry.bodyDigest


def named_artifacts(value, found=None):
    """Artifacts that a body names, in the order of reading."""
    found = [] if found is None else found
    if isinstance(value, list):
        for item in value:
            named_artifacts(item, found)
    elif isinstance(value, dict):
        for key, member in value.items():
            if key in ("frame", "evidence", "program"):
                _note(member, found)
            if key == "artifacts" and isinstance(member, list):
                for item in member:
                    _note(item, found)
            named_artifacts(member, found)
    return found


def _note(value, found):
    if is_hex256(value) and value not in found:
        found.append(value)


def read_body(body):
    """The canonical JSON object that a body is."""
    value = parse_canonical(body)
    if not isinstance(value, dict):
        raise Refused("not an object")
    return value


def genesis(origin):
    return hex256(f"cellward-ledger/1\n{origin}\n".encode())


class Walk:
    """Steps through stored rows until the first bad one."""

    def __init__(self, origin, signed_at, on_body, beginning=None):
        self.origin, self.signed_at, self.on_body = origin, signed_at, on_body
        self.successions = []
        self.frontier, self.prev, self.boot, heads = beginning or (Frontier(), genesis(origin), -1, {})
        self.job_heads, self.first = dict(heads), self.frontier.size
        self.roots = {self.first: self.frontier.root()}

    def run(self, rows, sizes):
        """The first bad entry, or None."""
        rows = iter(rows)
        for row in rows:
            wrong = self._step(row, rows)
            if wrong is not None:
                return wrong
            if self.frontier.size in sizes:
                self.roots[self.frontier.size] = self.frontier.root()
            try:
                value = read_body(row.body)
            except Refused:
                return Finding("body-format", row.seq)
            self.on_body(row.seq, row.job, parse_entry(row.entry).type, value)
            wrong = self._special(row, value)
            if wrong is not None:
                return wrong
        return None

    def _special(self, row, value):
        """Entries that say something about the log itself."""
        kind = parse_entry(row.entry).type
        if kind in ("KeyRotated", "KeyRevoked"):
            if not isinstance(value.get("old"), str) or not isinstance(value.get("new"), str):
                return Finding("key-succession", row.seq)
            self.successions.append((row.seq, value["old"], value["new"]))
        if kind == "LogContinued" and (row.seq != 0 or not is_continuation(value, self.origin)):
            return Finding("continuation", row.seq)
        return None

    def _step(self, row, rest):
        place = self.frontier.size
        if row.seq != place:
            return Finding("entry-missing", place)
        entry = parse_entry(row.entry)
        if entry is None:
            return Finding("entry-format", place)
        if not body_is_of(entry, row.body):
            return Finding("body-changed", place)
        if entry.seq != place:
            return Finding("entry-order", place)
        digest = hex256(row.entry)
        if entry.prev != self.prev:
            return self._doubt(place, digest, rest)
        if entry.boot < self.boot or (entry.boot != self.boot and entry.job is not None):
            return Finding("boot-order", place)
        if entry.jobPrev != (None if entry.job is None else self.job_heads.get(entry.job)):
            return Finding("job-link", place)
        if entry.job != row.job:
            return Finding("index", place)
        if entry.job is not None:
            self.job_heads[entry.job] = digest
        self.frontier.grow(leaf_hash(row.entry))
        self.prev, self.boot = digest, entry.boot
        return None

    def _doubt(self, place, digest, rest):
        """The link to the entry before is broken: which of the two was changed."""
        if place == 0 or self.signed_at(place, self.roots.get(place)):
            return Finding("entry-changed", place)
        following = next(rest, None)
        if following is None:
            return Finding("entry-changed", place - 1)
        entry = parse_entry(following.entry)
        return Finding("entry-changed", place - 1 if entry is not None and entry.prev == digest else place)


def _read_heads(origin, checkpoints, keys):
    good, ended, findings = [], [], []
    for size, note in checkpoints:
        try:
            head, by = open_checkpoint(note, origin, keys)
        except Refused:
            findings.append(Finding("checkpoint-signature", None))
            continue
        if head.size != size:
            findings.append(Finding("checkpoint-format", None))
        elif by:
            good.append((head, by))
        else:
            ended.append(size)
    largest = good[-1][0].size if good else 0
    return good, findings + [Finding("checkpoint-signature", None) for size in ended if size > largest]


def _read_cosigned(origin, rows, keys, witnesses):
    good, findings = [], []
    for size, note in rows:
        try:
            head, _ = open_counting(note, origin, keys)
            by = open_cosignatures(note, witnesses)
            if head.size != size or (witnesses and not by):
                raise Refused("filed elsewhere, or not countersigned")
            good.append((head, sorted({key.name for key, _ in by})))
        except Refused:
            findings.append(Finding("cosignature", None))
    return good, findings


def _judge(heads, walk, broken, rule):
    """The largest head that agrees, and a finding about the first that does not."""
    last = None
    for head in heads:
        root = walk.roots.get(head.size)
        if root is None:
            return last, [] if broken else [Finding("truncated", walk.frontier.size)]
        if root != head.root:
            start = walk.first if last is None else last.size
            explained = broken is not None and start <= broken.seq < head.size
            return last, [] if explained else [Finding(rule, start)]
        last = head
    return last, []


def verify_log(origin, rows, checkpoints, cosignatures, keys, witnesses=(), floor=None, on_body=None, beginning=None):
    """The report on a whole log; findings are in order of their entries, those of none last."""
    signed, head_findings = _read_heads(origin, checkpoints, keys)
    heads = [head for head, _ in signed]
    cosigned, cosigned_findings = _read_cosigned(origin, cosignatures, keys, witnesses)
    by_size = {head.size: head for head in heads}
    sizes = set(by_size) | {head.size for head, _ in cosigned} | ({floor[0]} if floor else set())
    walk = Walk(
        origin,
        lambda size, root: size in by_size and root == by_size[size].root,
        on_body or (lambda seq, job, kind, value: None),
        beginning,
    )
    broken = walk.run(rows, sizes)
    last, judged = _judge(heads, walk, broken, "checkpoint-root")
    witnessed, countersigned = _judge([head for head, _ in cosigned], walk, broken, "cosignature")
    findings = ([broken] if broken else []) + judged + head_findings + countersigned + cosigned_findings
    findings += _judge_successions(walk.successions, checkpoints, 0 if last is None else last.size, keys)
    findings += _judge_revoked(signed, last, next((pair for pair in cosigned if pair[0] is witnessed), None))
    findings.sort(key=lambda found: SAFE if found.seq is None else found.seq)
    size = walk.frontier.size
    if broken is None and last is None and size > 0 and not findings:
        findings.append(Finding("unsigned", None))
    by = next((names for head, names in cosigned if head is witnessed), [])
    report = {
        "origin": origin,
        "entries": size,
        "jobs": len(walk.job_heads),
        "lastCheckpoint": None if last is None else last.size,
        "uncovered": size - (0 if last is None else last.size),
        "cosigned": None if witnessed is None else {"size": witnessed.size, "by": by},
    }
    if floor is not None and not findings:
        findings += _against_floor(floor, walk)
    return dict(report, ok=not findings, findings=findings)


def _judge_successions(successions, checkpoints, signed, keys):
    """Where the key was handed on below the newest head, both keys are trusted and both have signed."""
    notes = {}
    for size, note in checkpoints:
        notes.setdefault(size, note)
    wrong = [pair for pair in successions if pair[0] < signed and not _handed_on(pair, notes.get(pair[0] + 1), keys)]
    return [Finding("key-succession", seq) for seq, _, _ in wrong]


def _handed_on(succession, note, keys):
    _, old, new = succession
    try:
        if old == new or note is None:
            raise Refused("one key, or no checkpoint")
        text, lines = split_note(note)
    except Refused:
        return False
    for named in (old, new):
        key = next((each for each in keys if key_line(each) == named), None)
        line = key and next((each for each in lines if (each.name, each.id) == (key.name, key.id)), None)
        if not line or not signed_by(key, text.encode(), line.signature):
            return False
    return True


def _judge_revoked(signed, last, witnessed):
    """A newest head that only revoked keys have signed needs a witness over at least its size."""
    by = next((keys for head, keys in signed if head is last), None)
    if by is None or any(key.revoked is None for key in by):
        return []
    borne_out = witnessed is not None and witnessed[1] and witnessed[0].size >= last.size
    return [] if borne_out else [Finding("checkpoint-signature", None)]


def _against_floor(floor, walk):
    size, root = floor
    if size > walk.frontier.size:
        return [Finding("truncated", walk.frontier.size)]
    found = walk.roots.get(size)
    return [] if found is not None and found.hex() == root else [Finding("checkpoint-root", 0)]

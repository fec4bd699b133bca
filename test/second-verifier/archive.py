"""The archive of a year: a folder with a record of lines, a statement, and artifacts (record-format.md section 10)."""

import datetime
import hashlib
import os

from export import Wrong
from folder import open_artifact
from forms import Refused, from_base64, hex256, is_hex256, is_identifier, members, parse_canonical, whole
from kept import Account
from log import Finding, Row, parse_entry, verify_log
from notes import ORIGIN, counts, open_note, parse_checkpoint, split_note
from tree import Frontier

LONGEST_LINE = 8 << 20
LONGEST_NOTE = 100_000
HEADER = ("artifacts", "boot", "format", "from", "frontier", "jobs", "origin", "prev", "size", "to", "year")
STATED = ("origin", "year", "from", "to", "size", "header", "record", "artifacts", "dropped")


def _is_whole(value, least=0):
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def read_header(data):
    """The first line, and the roots of the tree before the first entry."""
    header = members(parse_canonical(data), HEADER)
    if header["format"] != "cellward-archive/1" or header["artifacts"] not in ("sealed", "open"):
        raise Refused("an unknown format")
    if not isinstance(header["origin"], str) or ORIGIN.match(header["origin"]) is None or not is_hex256(header["prev"]):
        raise Refused("no origin, or no hash")
    if not all(_is_whole(header[name]) for name in ("from", "to", "size")) or not _is_whole(header["boot"], -1):
        raise Refused("not numbers")
    if not _is_whole(header["year"], 1970) or header["year"] > 9999:
        raise Refused("not a year")
    if not header["from"] < header["to"] <= header["size"]:
        raise Refused("not a range")
    jobs, nodes = header["jobs"], header["frontier"]
    if not isinstance(jobs, dict) or not all(is_identifier(job) and is_hex256(jobs[job]) for job in jobs):
        raise Refused("not the jobs' last entries")
    if not isinstance(nodes, list) or not all(isinstance(node, str) for node in nodes):
        raise Refused("no frontier")
    nodes = [from_base64(node) for node in nodes]
    if len(nodes) != bin(header["from"]).count("1") or any(len(node) != 32 for node in nodes):
        raise Refused("a frontier of another size")
    return header, nodes


def _form(value):
    """Which kind of line it is, or None."""
    if not isinstance(value, dict) or not all(isinstance(member, str) for member in value.values()):
        return None
    names = tuple(sorted(value))
    if names in (("note",), ("cosigned",)):
        # Lengths of texts are counted in UTF-16 there; what is longer is no note either way.
        return names[0] if len(value[names[0]]) <= LONGEST_NOTE else None
    if names == ("body", "entry"):
        return "entry"
    if names in (("artifact", "file"), ("dropped",)):
        return names[0] if all(is_hex256(member) for member in value.values()) else None
    return None


class Lines:
    """The record's lines one by one, with one that can be looked at beforehand."""

    def __init__(self, file):
        self.file, self.hash, self.kind, self.value, self.over = file, hashlib.sha256(), None, None, False

    def raw(self):
        data = self.file.readline(LONGEST_LINE + 2)
        self.hash.update(data)
        if len(data) > LONGEST_LINE + 1 or (data and not data.endswith(b"\n")):
            self.file.seek(0, os.SEEK_END)
            return b"\n"
        return data

    def next(self):
        data = self.raw()
        self.over = data == b""
        try:
            self.value = None if self.over else parse_canonical(data[:-1])
        except Refused:
            self.value = None
        self.kind = _form(self.value)


def read_statement(note, origin, keys):
    """What the cell's key says."""
    text, signers = open_note(note, [key for key in keys if key.name == origin])
    lines = text.split("\n")
    if len(split_note(note)[1]) != 1 or lines[0] != "cellward-archive-statement/1" or lines.pop() != "" or len(lines) != 10:
        raise Refused("not a statement")
    said = dict(zip(STATED, lines[1:]))
    for name in STATED:
        if name not in ("origin", "header", "record"):
            said[name] = whole(said[name])
    if not is_hex256(said["header"]) or not is_hex256(said["record"]) or said["origin"] != origin:
        raise Refused("of another log, or malformed")
    if not counts(signers[0]._replace(begin=None), said["size"]):
        raise Refused("the key had ended")
    return said


def _notes(lines, size):
    """The checkpoints, each under the size that it states."""
    found = {"note": [], "cosigned": []}
    lines.next()
    while lines.kind in found:
        note = lines.value[lines.kind]
        try:
            filed = parse_checkpoint(split_note(note)[0]).size
        except Refused:
            filed = size
        found[lines.kind].append((filed, note))
        lines.next()
    return found["note"], found["cosigned"]


def _rows(lines, place):
    while not lines.over and lines.kind in ("entry", None):
        if lines.kind is None:
            yield Row(place, None, b"", b"")
        else:
            raw, body = lines.value["entry"].encode(), lines.value["body"].encode()
            entry = parse_entry(raw)
            yield Row(entry.seq if entry else place, entry.job if entry else None, raw, body)
        place += 1
        lines.next()


def _lists(lines):
    inside, dropped = {}, set()
    while not lines.over:
        name = lines.value.get("artifact", lines.value.get("dropped")) if lines.kind in ("artifact", "dropped") else None
        if name is None or name in inside or name in dropped:
            raise Wrong("archive-format")
        if lines.kind == "artifact":
            inside[name] = lines.value["file"]
        else:
            dropped.add(name)
        lines.next()
    return inside, dropped


def _judge(folder, file, keys, witnesses, data_key):
    lines = Lines(file)
    first = lines.raw()
    try:
        header, nodes = read_header(first[:-1])
        with open(os.path.join(folder, "statement.txt"), "rb") as statement:
            note = statement.read(LONGEST_NOTE + 1)
    except (Refused, OSError) as problem:
        raise Wrong("archive-format") from problem
    try:
        said = read_statement(note.decode("utf-8"), header["origin"], keys)
    except (Refused, UnicodeDecodeError) as problem:
        raise Wrong("statement") from problem
    if said["header"] != hex256(first) or any(said[name] != header[name] for name in ("year", "from", "to", "size")):
        raise Wrong("statement")
    account, dated = Account(), []
    begin, end = (int(datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc).timestamp() * 1000) if year < 10000
                  else 253402300800000 for year in (header["year"], header["year"] + 1))

    def rows():
        for row in _rows(lines, header["from"]):
            entry = parse_entry(row.entry)
            if entry is not None and begin <= entry.at < end:
                dated.append(entry.seq)
                del dated[1:-1]
            yield row

    beginning = Frontier(header["from"], nodes), header["prev"], header["boot"], header["jobs"]
    stored = _notes(lines, header["size"])
    report = verify_log(
        header["origin"], rows(), *stored, keys, witnesses, on_body=account.take, beginning=beginning
    )
    if report["findings"]:
        return report["findings"]
    size = header["size"]
    if report["entries"] != size:
        raise Wrong("truncated", report["entries"]) if report["entries"] < size else Wrong("archive-format", size)
    if report["lastCheckpoint"] != size:
        raise Wrong("unsigned")
    if (dated[:1], dated[-1:]) != ([header["from"]], [header["to"] - 1]):
        raise Wrong("archive-format")
    inside, dropped = _lists(lines)
    if (len(inside), len(dropped), lines.hash.hexdigest()) != (said["artifacts"], said["dropped"], said["record"]):
        raise Wrong("statement")
    return _artifacts(folder, header["artifacts"], account.kept(), inside, dropped, data_key)


def _artifacts(folder, form, kept, inside, dropped, data_key):
    findings = [Finding("artifact-missing", seq) for name, seq in kept.items() if name not in inside and name not in dropped]
    for name, expected in inside.items():
        path = os.path.join(folder, "artifacts", name[:2], name)
        if not os.path.isfile(path):
            findings.append(Finding("artifact-missing", kept.get(name)))
            continue
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        right = found == expected and (form == "sealed" or found == name)
        if not right or (form == "sealed" and open_artifact(folder, name, kept.get(name), data_key)):
            findings.append(Finding("artifact-changed", kept.get(name)))
    there = [name for _, _, names in os.walk(os.path.join(folder, "artifacts")) for name in names if is_hex256(name)]
    if any(name not in kept for name in inside) or any(name not in inside for name in there):
        findings.append(Finding("archive-format", None))
    return findings


def verify_archive(folder, keys, witnesses=(), data_key=None):
    """The report on an archive."""
    try:
        with open(os.path.join(folder, "record.jsonl"), "rb") as file:
            findings = _judge(folder, file, keys, witnesses, data_key)
    except OSError:
        findings = [Finding("archive-format", None)]
    except Wrong as wrong:
        findings = [wrong.finding]
    return {"ok": not findings, "findings": findings}

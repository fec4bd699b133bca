"""A data folder: the SQLite file, what stands in it, and the artifacts beside it (record-format.md sections 3 and 4)."""

import os
import sqlite3

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from forms import Refused, hex256, is_hex256, members, parse_canonical
from kept import Account
from log import Finding, Row, verify_log
from notes import parse_trusted_key

TABLES = {
    "meta": "CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "entry": "CREATE TABLE entry (\n    seq INTEGER PRIMARY KEY CHECK (seq >= 0), job TEXT, entry BLOB NOT NULL, "
    "body BLOB NOT NULL\n  ) STRICT",
    "checkpoint": "CREATE TABLE checkpoint (size INTEGER PRIMARY KEY CHECK (size >= 0), note TEXT NOT NULL) STRICT",
    "cosignature": "CREATE TABLE cosignature (size INTEGER PRIMARY KEY CHECK (size >= 1), note TEXT NOT NULL) STRICT",
}
TRIGGER = (
    "CREATE TRIGGER {table}_no_{name} BEFORE {verb} ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'nothing in the ledger is ever edited'); END"
)
MAGIC = b"CWART1\n\x00"
LARGEST_ARTIFACT = 64 << 20


def _schema(version):
    expected = {}
    for table in ("meta", "entry", "checkpoint") + (("cosignature",) if version == 2 else ()):
        expected[table] = ("table", TABLES[table])
        for verb in ("UPDATE", "DELETE"):
            text = TRIGGER.format(table=table, name=verb.lower(), verb=verb)
            expected[f"{table}_no_{verb.lower()}"] = ("trigger", text)
    return expected


def _open(path):
    """The database, opened for reading; Refused where it is not a ledger as it was laid."""
    db = sqlite3.connect(f"file:{path.replace('%', '%25').replace('?', '%3f').replace('#', '%23')}?mode=ro", uri=True)
    # Trouble with UTF-8 is trouble of the text that holds it, not of the file.
    db.text_factory = lambda data: data.decode("utf-8", "replace")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version not in (1, 2):
        raise Refused("not a ledger of a known format")
    found = {name: (kind, text) for kind, name, text in db.execute("SELECT type, name, sql FROM sqlite_schema")}
    if found != _schema(version):
        raise Refused("the schema is not as it was laid")
    rows = db.execute("SELECT name, value FROM meta").fetchall()
    if len(rows) != 1 or rows[0][0] != "origin" or not isinstance(rows[0][1], str):
        raise Refused("no origin, or more beside it")
    return db, version, rows[0][1]


def _of(kind, value):
    """A value of the kind that its column is declared with; of another kind, empty."""
    return value if isinstance(value, kind) else kind()


def _notes(db, table):
    return [(size, _of(str, note)) for size, note in db.execute(f"SELECT size, note FROM {table} ORDER BY size")]


def verify_folder(folder, keys, witnesses=(), data_key=None, floor=None):
    """The report on a data folder or a backup."""
    account = Account()
    try:
        db, version, origin = _open(os.path.join(folder, "ledger.db"))
        db.execute("BEGIN")
        notes = [_notes(db, "checkpoint"), _notes(db, "cosignature") if version == 2 else []]
        rows = (
            Row(seq, job, _of(bytes, entry), _of(bytes, body))
            for seq, job, entry, body in db.execute("SELECT seq, job, entry, body FROM entry ORDER BY seq")
        )
        report = verify_log(origin, rows, *notes, keys, witnesses, floor, account.take)
        db.close()
    except (sqlite3.Error, UnicodeDecodeError, Refused):
        # SQLite's own words about a damaged schema may hold bytes of it that are no text.
        return {"ok": False, "findings": [Finding("database", None)]}
    findings = report["findings"] + [
        found for digest, seq in account.kept().items() for found in open_artifact(folder, digest, seq, data_key)
    ]
    return dict(report, ok=not findings, findings=findings, artifacts=len(account.kept()), dropped=len(account.dropped()))


def open_artifact(folder, digest, seq, data_key):
    """What is wrong with one artifact; without the data key only whether it is there."""
    path = os.path.join(folder, "artifacts", digest[:2], digest)
    if not os.path.exists(path):
        return [Finding("artifact-missing", seq)]
    if data_key is None:
        return []
    with open(path, "rb") as file:
        data = file.read(LARGEST_ARTIFACT + 37)
    try:
        if not data.startswith(MAGIC) or len(data) > LARGEST_ARTIFACT + 36:
            raise Refused("not an artifact")
        nonce, tag, sealed = data[8:20], data[20:36], data[36:]
        if len(tag) < 16:
            raise Refused("too short")
        plain = AESGCM(data_key).decrypt(nonce, sealed + tag, MAGIC + bytes.fromhex(digest))
        if hex256(plain) != digest:
            raise Refused("another artifact")
    except (Refused, InvalidTag):
        return [Finding("artifact-changed", seq)]
    return []


def open_keys(folder):
    """Public keys with their bounds, the newest last, data key and floor of a cell's key folder."""
    with open(os.path.join(folder, "cell.vkey"), encoding="utf-8") as file:
        keys = [parse_trusted_key(line) for line in file.read().split("\n") if line.strip() != ""]
    if not keys:
        raise Refused("no key")
    with open(os.path.join(folder, "data.key"), encoding="ascii") as file:
        data_key = file.read().strip()
    if not is_hex256(data_key):
        raise Refused("no data key")
    path = os.path.join(folder, f"floor-{hex256(keys[-1].name.encode())[:16]}.json")
    if not os.path.exists(path):
        return keys, bytes.fromhex(data_key), None
    with open(path, "rb") as file:
        floor = parse_canonical(file.read())
    optional = [name for name in ("closed", "place") if isinstance(floor, dict) and name in floor]
    members(floor, ("origin", "root", "size", *optional))
    if floor["origin"] != keys[-1].name or not isinstance(floor["size"], int) or not is_hex256(floor["root"]):
        raise Refused("no floor")
    return keys, bytes.fromhex(data_key), (floor["size"], floor["root"])

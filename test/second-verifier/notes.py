"""Keys, signed notes, checkpoints and cosignatures."""

import base64
import re
from collections import namedtuple
from datetime import datetime, timezone

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from forms import Refused, from_base64, sha256, whole

ED25519, P256, COSIGNER = 1, 2, 4
SPKI_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
LONGEST_NOTE = 100_000
MOST_LINES = 16
# What no name of a key holds, beside the plus sign.
SPACES = " \t\n\x0b\x0c\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
KEY_LINE = re.compile(rf"([^+{SPACES}]{{1,200}})\+([0-9a-f]{{8}})\+([A-Za-z0-9+/=]{{4,400}})\Z")
SIGNATURE_LINE = re.compile(rf"\u2014 ([^+{SPACES}]+) ([A-Za-z0-9+/=]+)\Z")
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
CHECKPOINT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/=]{44})\n\Z")
ORIGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}\Z")

# What bounds a key: for a cell's numbers of entries, for a cosigner's POSIX seconds; None bounds nothing.
Key = namedtuple("Key", "name id type public begin until revoked", defaults=(None, None, None))
Checkpoint = namedtuple("Checkpoint", "origin size root")
Line = namedtuple("Line", "name id signature")


def key_id(name, kind, public):
    return (sha256(public) if kind == P256 else sha256(name.encode() + b"\n", bytes([kind]), public))[:4].hex()


def parse_key(line):
    """A public key from its one line."""
    match = KEY_LINE.match(line)
    if match is None:
        raise Refused("not a key line")
    name, stated, encoded = match.groups()
    data = from_base64(encoded)
    kind, public = data[0], data[1:]
    if kind not in (ED25519, P256, COSIGNER):
        raise Refused("a key of an unknown type")
    if kind == P256 and not (len(public) == 91 and public.startswith(SPKI_P256)):
        raise Refused("not a P-256 key")
    if kind != P256 and len(public) != 32:
        raise Refused("an Ed25519 key has 32 bytes")
    if key_id(name, kind, public) != stated:
        raise Refused("the key id is of another key")
    return Key(name, stated, kind, public)


TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z\Z")


def _seconds(text):
    """POSIX seconds of a time that there is."""
    if TIME.match(text) is None:
        raise Refused("no time")
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp())
    except ValueError as problem:
        raise Refused("no such time") from problem


def parse_trusted_key(line):
    """A key line with the bounds that its user wrote after it."""
    words = line.split()
    key = parse_key(words[0] if words else "")
    bounds, last = {}, -1
    for word in words[1:]:
        name, equals, value = word.partition("=")
        place = ("from", "until", "revoked").index(name) if name in ("from", "until", "revoked") else -1
        if equals == "" or place <= last:
            raise Refused("bounds are from=, until=, revoked=, in this order")
        bounds[("begin", "until", "revoked")[place]] = _seconds(value) if key.type == COSIGNER else whole(value)
        last = place
    if bounds.get("until") is not None and bounds.get("begin", 0) > bounds["until"]:
        raise Refused("the key ends before it begins")
    return key._replace(**bounds)


def key_line(key):
    """The key's line without its bounds."""
    return f"{key.name}+{key.id}+{base64.b64encode(bytes([key.type]) + key.public).decode()}"


def counts(key, at):
    """Whether a right signature of this key counts at a size, or at a time."""
    ended = any(bound is not None and at > bound for bound in (key.until, key.revoked))
    return not ended and (key.begin is None or at >= key.begin)


def _integer(data, at):
    """One DER INTEGER of a signature: positive, minimal, short form."""
    if len(data) < at + 3 or data[at] != 0x02 or not 1 <= data[at + 1] <= 33:
        raise Refused("not DER")
    end = at + 2 + data[at + 1]
    body = data[at + 2 : end]
    if len(body) != data[at + 1] or body[0] & 0x80 or (body[0] == 0 and len(body) > 1 and not body[1] & 0x80):
        raise Refused("not DER")
    return int.from_bytes(body, "big"), end


def low_s(signature):
    """Whether an ECDSA signature is DER in its one spelling with the smaller of the two possible values of s."""
    try:
        if len(signature) < 8 or signature[0] != 0x30 or signature[1] != len(signature) - 2:
            return False
        r, at = _integer(signature, 2)
        s, end = _integer(signature, at)
    except Refused:
        return False
    return end == len(signature) and 0 < r < ORDER_P256 and 0 < s <= ORDER_P256 // 2


def signed_by(key, message, signature):
    """Whether the signature is this key's over the message."""
    try:
        if key.type == P256:
            if not low_s(signature):
                return False
            load_der_public_key(key.public).verify(signature, message, ECDSA(hashes.SHA256()))
        else:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def split_note(note):
    """The signed text and the signature lines, by their form."""
    try:
        size = len(note.encode("utf-8"))
    except UnicodeEncodeError as problem:
        raise Refused("a lone surrogate") from problem
    if size > LONGEST_NOTE:
        raise Refused("too long")
    if CONTROL.search(note):
        raise Refused("control characters")
    gap = note.rfind("\n\n")
    if gap < 0 or not note.endswith("\n"):
        raise Refused("no signature lines")
    lines = note[gap + 2 : -1].split("\n")
    if len(lines) > MOST_LINES:
        raise Refused("too many lines")
    return note[: gap + 1], [_line(line) for line in lines]


def _line(text):
    match = SIGNATURE_LINE.match(text)
    if match is None:
        raise Refused("a malformed signature line")
    data = from_base64(match[2])
    if len(data) < 5:
        raise Refused("a signature line without a signature")
    return Line(match[1], data[:4].hex(), data[4:])


def _find(keys, line):
    return next((key for key in keys if key.name == line.name and key.id == line.id), None)


def open_note(note, keys):
    """The text that a trusted key has signed, and who has."""
    text, lines = split_note(note)
    signers = []
    for line in lines:
        key = _find([each for each in keys if each.type != COSIGNER], line)
        if key is None:
            continue
        if not signed_by(key, text.encode(), line.signature):
            raise Refused(f"the signature of {key.name} is wrong")
        if key not in signers:
            signers.append(key)
    if not signers:
        raise Refused("no trusted key has signed it")
    return text, signers


def repeats_line(note):
    lines = note[note.rfind("\n\n") + 2 : -1].split("\n")
    return len(set(lines)) < len(lines)


def parse_checkpoint(text):
    match = CHECKPOINT.match(text)
    if match is None:
        raise Refused("not a checkpoint")
    root = from_base64(match[3])
    if len(root) != 32:
        raise Refused("a root has 32 bytes")
    return Checkpoint(match[1], whole(match[2]), root)


def open_checkpoint(note, origin, keys):
    """A checkpoint of this log, and the trusted keys named like it whose signatures count."""
    own = [key for key in keys if key.name == origin]
    text, signers = open_note(note, own)
    checkpoint = parse_checkpoint(text)
    if checkpoint.origin != origin:
        raise Refused("a checkpoint of another log")
    return checkpoint, [key for key in signers if counts(key, checkpoint.size)]


def open_counting(note, origin, keys):
    """The same, where at least one signature counts."""
    checkpoint, by = open_checkpoint(note, origin, keys)
    if not by:
        raise Refused("no signature counts at this size")
    return checkpoint, by


def open_cosignatures(note, witnesses):
    """The (key, time) of each given witness that has cosigned; a wrong line of one refuses the note."""
    text, lines = split_note(note)
    found, late = [], False
    for line in lines:
        key = _find([each for each in witnesses if each.type == COSIGNER], line)
        if key is None:
            continue
        time = int.from_bytes(line.signature[:8], "big")
        if len(line.signature) != 72 or time > 2**53 - 1:
            raise Refused("a malformed cosignature")
        message = f"cosignature/v1\ntime {time}\n{text}".encode()
        if not signed_by(key, message, line.signature[8:]):
            raise Refused("a wrong cosignature")
        if counts(key, time):
            found.append((key, time))
        else:
            late = True
    if late and not found:
        raise Refused("no cosignature counts at its time")
    return found

"""DSSE envelopes and central QA's decisions."""

import re

from forms import Refused, from_base64, is_identifier, members, parse_canonical
from notes import ORIGIN, signed_by

HINT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}\+[0-9a-f]{8}\Z")
TYPE = re.compile(r"[\x21-\x7e]{1,128}\Z")
TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z\Z")
MOST_SIGNATURES = 16
DECISION_TYPE = "application/vnd.cellward.decision+json"
REASONS = (
    "record-doubt record-unverified field-report material-recall calibration-doubt software-fault model-fault "
    "recipe-fault security-incident audit cleared corrected demonstration"
).split()


def pae(kind, body):
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(body), body)


def read_envelope(data):
    """Type, payload and signatures of an envelope in its one form."""
    value = members(parse_canonical(data), ("payload", "payloadType", "signatures"))
    kind, listed = value["payloadType"], value["signatures"]
    if not isinstance(kind, str) or TYPE.match(kind) is None or not isinstance(value["payload"], str):
        raise Refused("a wrong type or payload")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_SIGNATURES:
        raise Refused("no signatures, or too many")
    signatures = []
    for each in listed:
        hint, encoded = (members(each, ("keyid", "sig"))[name] for name in ("keyid", "sig"))
        if not isinstance(hint, str) or HINT.match(hint) is None:
            raise Refused("a wrong hint")
        if not isinstance(encoded, str) or not 4 <= len(encoded) <= 8192:
            raise Refused("a wrong signature")
        signatures.append((hint, from_base64(encoded)))
    return kind, from_base64(value["payload"]), signatures


def signers_of(envelope, keys):
    """For each signature the key that made it, where its hint is true; else None."""
    kind, payload, signatures = envelope
    message = pae(kind, payload)
    found = []
    for hint, signature in signatures:
        key = next((each for each in keys if signed_by(each, message, signature)), None)
        found.append(key if key is not None and f"{key.name}+{key.id}" == hint else None)
    return found


def time_of(text, pattern=TIME):
    """A time as a comparable text, where there is such a time."""
    match = pattern.match(text) if isinstance(text, str) else None
    if match is None:
        raise Refused("no time")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if not (1 <= month <= 12 and 1 <= day <= days[month - 1] and hour < 24 and minute < 60 and second < 60):
        raise Refused("no such time")
    return text


def read_decision(payload):
    """A decision's members by their form."""
    names = ("format", "id", "nonce", "origin", "action", "target", "reason", "issuedAt", "expires")
    value = members(parse_canonical(payload), names)
    target = members(value["target"], ("kind", "id"))
    if value["format"] != "cellward-decision/1" or not all(is_identifier(value[name]) for name in ("id", "nonce")):
        raise Refused("a wrong format, id or nonce")
    if not all(isinstance(text, str) and ORIGIN.match(text) for text in (value["origin"], target["id"])):
        raise Refused("a wrong origin or target")
    if value["action"] not in ("hold", "lift", "demonstration") or value["reason"] not in REASONS:
        raise Refused("a wrong action or reason")
    if target["kind"] not in ("cell", "machine", "lot", "recipe", "model", "job"):
        raise Refused("a wrong kind of target")
    time_of(value["issuedAt"])
    time_of(value["expires"])
    return value


def judge_decision(text, keys, origin, now, used=()):
    """None where a cell would take it, else the code of the refusal."""
    try:
        envelope = read_envelope(text.encode())
    except (Refused, UnicodeEncodeError):
        return "envelope"
    if envelope[0] != DECISION_TYPE or len(envelope[2]) != 1:
        return "envelope"
    if all(key is None for key in signers_of(envelope, keys)):
        return "signature"
    try:
        decision = read_decision(envelope[1])
    except Refused:
        return "content"
    if decision["origin"] != origin:
        return "origin"
    if decision["nonce"] in used:
        return "repeated"
    return "expired" if now >= decision["expires"] else None

"""The job package as far as anybody can judge it: container, signatures, statement, sealed bytes (package-format.md)."""

import re
import unicodedata

from envelopes import read_envelope, signers_of, time_of
from forms import Refused, hex256, is_hex256, is_identifier, members, parse_canonical

MAGIC = b"cellward-package/1\n"
LARGEST, LARGEST_ENVELOPE = 64 << 20, 256 << 10
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
CELL = re.compile(r"[a-z0-9][a-z0-9.-]{1,62}/[a-z0-9][a-z0-9.-]{0,62}\Z")
NONCE = re.compile(r"[0-9a-f]{32,64}\Z")
TIME = re.compile(r"(2[0-9]{3})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z\Z")
PATHWAYS = "eu-custom-made eu-in-house us-patient-matched gb-in-house sg-custom-made model-only demonstration".split()
SEALED = "sealed.age"


class Refusal(Exception):
    """A code of package-format.md section 5."""


def _one_of(*allowed):
    # Types are compared as well: in Python 1 == True.
    return lambda value: any(value == each and type(value) is type(each) for each in allowed)


def _or_none(check):
    return lambda value: value is None or check(value)


def _number(low, high, integer=False):
    def check(value):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            return False
        return not integer or value == int(value)

    return check


def _count(high):
    return _number(1, high, integer=True)


def _text(most):
    def check(value):
        if not isinstance(value, str) or not 1 <= len(value.encode("utf-16-le")) // 2 <= most:
            return False
        return not any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") for sign in value)

    return check


def _matches(pattern):
    return lambda value: isinstance(value, str) and pattern.match(value) is not None


def _time(value):
    try:
        return time_of(value, TIME) is not None
    except Refused:
        return False


def _list_of(check, count):
    return lambda value: isinstance(value, list) and len(value) == count and all(check(item) for item in value)


def _object(**checks):
    def check(value):
        return isinstance(value, dict) and set(value) == set(checks) and all(
            checks[name](value[name]) for name in checks
        )

    return check


def _file(value):
    return _matches(FILE)(value) and value != SEALED


POINT = _list_of(_number(-2000, 2000), 3)
ORDER = _object(
    id=lambda value: is_identifier(value) and len(value) <= 20,
    title=_text(120),
    pseudonym=is_identifier,
    side=_one_of("left", "right", "none"),
    identifierHmacs=_list_of(is_hex256, 2),
    cell=_matches(CELL),
    recipient=is_hex256,
    sealedLength=_count(LARGEST),
    recipe=_object(name=is_identifier, digest=is_hex256),
    program=_file,
    pathway=_one_of(*PATHWAYS),
    prescription=_object(
        prescriber=_or_none(is_identifier),
        characteristics=_or_none(_file),
        deviceClass=_one_of(None, "I", "IIa", "IIb", "III", "A", "B", "C", "D"),
        implantable=_one_of(None, True, False),
    ),
    lineage=_object(
        scan=is_identifier,
        segmentation=is_identifier,
        design=is_identifier,
        revision=_count(100_000),
        approver=is_identifier,
        predecessor=_or_none(is_identifier),
    ),
    expect=_object(layers=_count(100_000), box_mm=_object(min=POINT, max=POINT, tolerance=_number(0, 5))),
    copies=_count(100),
    notBefore=_time,
    expires=_time,
    nonce=_matches(NONCE),
    supersedes=_or_none(is_identifier),
)
SUBJECT = _object(name=_matches(FILE), digest=_object(sha256=is_hex256))


def read_parts(data):
    """Envelope and age stream."""
    if len(data) > LARGEST:
        raise Refusal("package-oversized")
    if data[: len(MAGIC)] != MAGIC[: len(data)]:
        raise Refusal("not-a-package")
    start = len(MAGIC) + 4
    if len(data) < start:
        raise Refusal("package-truncated")
    length = int.from_bytes(data[len(MAGIC) : start], "big")
    if length > LARGEST_ENVELOPE:
        raise Refusal("package-oversized")
    if len(data) <= start + length:
        raise Refusal("package-truncated")
    try:
        return read_envelope(data[start : start + length]), data[start + length :]
    except Refused as problem:
        raise Refusal("package-altered") from problem


def read_statement(kind, payload):
    """The order and the subjects."""
    try:
        if kind != "application/vnd.in-toto+json":
            raise Refused("another type")
        value = members(parse_canonical(payload), ("_type", "predicateType", "predicate", "subject"))
        if value["_type"] != "https://in-toto.io/Statement/v1":
            raise Refused("another statement")
        if value["predicateType"] != "https://cellward.example/job/1" or not ORDER(value["predicate"]):
            raise Refused("not an order")
        listed, order = value["subject"], value["predicate"]
        if not isinstance(listed, list) or not 2 <= len(listed) <= 65 or not all(SUBJECT(each) for each in listed):
            raise Refused("wrong subjects")
        subjects = {each["name"]: each["digest"]["sha256"] for each in listed}
        needed = [SEALED, "identifiers.key", order["program"], order["prescription"]["characteristics"]]
        if len(subjects) != len(listed) or any(name is not None and name not in subjects for name in needed):
            raise Refused("a subject twice, or missing")
    except Refused as problem:
        raise Refusal("package-malformed") from problem
    return order, subjects


def check_signers(envelope, design, release):
    """Two signatures, two keys, two roles."""
    signers = signers_of(envelope, list(design) + list(release))
    if None in signers:
        raise Refusal("signature-unknown")
    if len(signers) != 2:
        raise Refusal("signature-missing")
    if signers[0].public == signers[1].public:
        raise Refusal("signature-doubled")
    roles = [any(each.public == signer.public for each in design) for signer in signers]
    if roles[0] == roles[1]:
        raise Refusal("signature-role")


def judge_package(data, design, release):
    """None where steps 1 to 5 hold, else the code of the refusal."""
    try:
        envelope, sealed = read_parts(data)
        check_signers(envelope, design, release)
        order, subjects = read_statement(envelope[0], envelope[1])
        if len(sealed) < order["sealedLength"]:
            raise Refusal("package-truncated")
        if len(sealed) > order["sealedLength"]:
            raise Refusal("package-trailing")
        if hex256(sealed) != subjects[SEALED]:
            raise Refusal("package-altered")
    except Refusal as refusal:
        return str(refusal)
    return None

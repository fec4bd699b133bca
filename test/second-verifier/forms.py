"""The written forms under everything else: canonical JSON, base64, hex, identifiers, whole numbers."""

import base64
import hashlib
import json
import re

SAFE = 2**53 - 1
DEEPEST = 64
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
HEX256 = re.compile(r"[0-9a-f]{64}\Z")
WHOLE = re.compile(r"(?:0|[1-9][0-9]{0,15})\Z")
BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}\Z")


class Refused(Exception):
    """What is wrong, where only that it is wrong matters to the caller."""


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def hex256(*parts):
    return sha256(*parts).hex()


def is_hex256(value):
    return isinstance(value, str) and HEX256.match(value) is not None


def is_identifier(value):
    return isinstance(value, str) and IDENTIFIER.match(value) is not None


def whole(text):
    """The number of a decimal text in its one spelling."""
    if WHOLE.match(text) is None or int(text) > SAFE:
        raise Refused(f"{text[:20]!r} is no whole number")
    return int(text)


def from_base64(text):
    """The bytes of base64 in its one spelling."""
    if len(text) % 4 != 0 or BASE64.match(text) is None:
        raise Refused("not base64")
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError as problem:
        raise Refused("not base64") from problem
    if base64.b64encode(decoded).decode("ascii") != text:
        raise Refused("base64 with unused bits")
    return decoded


def number_text(value):
    """ECMAScript's text of a number (RFC 8785 section 3.2.2.3)."""
    if isinstance(value, int):
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):
        raise Refused("a number without a text")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    before, _, after = mantissa.partition(".")
    if after == "0":
        after = ""
    digits = (before + after).lstrip("0")
    # The decimal point stands `point` digits from the first significant one.
    point = len(before) + int(exponent or "0")
    if before.strip("0") == "":
        point = int(exponent or "0") - (len(after) - len(after.lstrip("0")))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    shown = digits[0] + ("." + digits[1:] if count > 1 else "")
    return f"{sign}{shown}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def _print(value, depth, out):
    if value is None:
        out.append("null")
    elif value is True:
        out.append("true")
    elif value is False:
        out.append("false")
    elif isinstance(value, str):
        out.append(json.dumps(value, ensure_ascii=False))
    elif isinstance(value, (int, float)):
        out.append(number_text(value))
    elif depth >= DEEPEST:
        raise Refused("nested too deep")
    elif isinstance(value, list):
        out.append("[")
        for index, item in enumerate(value):
            if index:
                out.append(",")
            _print(item, depth + 1, out)
        out.append("]")
    else:
        out.append("{")
        for index, key in enumerate(sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))):
            if index:
                out.append(",")
            out.append(json.dumps(key, ensure_ascii=False) + ":")
            _print(value[key], depth + 1, out)
        out.append("}")


def canonical(value):
    """RFC 8785 bytes of a value."""
    out = []
    _print(value, 0, out)
    try:
        return "".join(out).encode("utf-8")
    except UnicodeEncodeError as problem:
        raise Refused("a lone surrogate") from problem


def _no_constant(name):
    raise Refused(f"{name} is not JSON")


def _unsafe(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return False
    if isinstance(value, int):
        return abs(value) > SAFE
    if isinstance(value, float):
        return value == int(value) and abs(value) > SAFE
    return any(_unsafe(item) for item in (value if isinstance(value, list) else value.values()))


def parse_canonical(data):
    """The value of bytes that are canonical JSON already."""
    try:
        text = data.decode("utf-8")
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        raise Refused("not JSON") from problem
    if canonical(value) != data:
        raise Refused("not canonical JSON")
    if _unsafe(value):
        raise Refused("an integer beyond 2^53 - 1")
    return value


def members(value, names):
    """The object's members where it has exactly these."""
    if not isinstance(value, dict) or set(value) != set(names):
        raise Refused("other members than those of the form")
    return value

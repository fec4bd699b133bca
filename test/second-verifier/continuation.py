"""The first entry of a log that continues another (record-format.md, "A log that continues another")."""

from forms import SAFE, Refused, canonical, hex256, is_hex256, is_identifier, members
from notes import ORIGIN

REASONS = ("restored", "damaged", "key-lost", "key-exposed", "forked")
MEANING = "I confirm that this log continues the one named, and that orders issued before are void."


def _whole(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= SAFE


def _head(value, *more):
    members(value, ("root", "size", *more))
    if not is_hex256(value["root"]) or not _whole(value["size"]):
        raise Refused("a wrong head")


def is_continuation(body, origin):
    """Whether the body continues another log than `origin`, with two persons' approval of exactly that."""
    try:
        members(body, ("ancestor", "reason", "approvals"))
        _ancestor(body["ancestor"], origin)
        if body["reason"] not in REASONS or not isinstance(body["approvals"], list):
            raise Refused("a wrong reason, or no approvals")
        _approvals(body, origin)
    except Refused:
        return False
    return True


def _ancestor(value, origin):
    members(value, ("cosigned", "floor", "head", "origin"))
    named = value["origin"]
    if not isinstance(named, str) or ORIGIN.match(named) is None or named == origin:
        raise Refused("a wrong origin")
    _head(value["head"])
    if value["floor"] is not None:
        _head(value["floor"])
    if value["cosigned"] is not None:
        _head(value["cosigned"], "note")
        note = value["cosigned"]["note"]
        if not isinstance(note, str) or not 1 <= len(note.encode("utf-16-le")) // 2 <= 16384:
            raise Refused("a wrong note")


def _approvals(body, origin):
    signed = {"ancestor": body["ancestor"], "origin": origin, "reason": body["reason"]}
    shown = hex256(canonical(signed))
    persons, roles = set(), []
    for each in body["approvals"]:
        members(each, ("at", "meaning", "person", "role", "shown"))
        if not is_identifier(each["person"]) or not _whole(each["at"]):
            raise Refused("a wrong person or time")
        if each["meaning"] != MEANING or each["shown"] != shown:
            raise Refused("something else was signed")
        persons.add(each["person"])
        roles.append(each["role"])
    if len(persons) != 2 or not all(isinstance(role, str) for role in roles) or sorted(roles) != ["engineer", "qa"]:
        raise Refused("two persons have to sign, one of each role")

#!/usr/bin/python3
"""Verifies records of a cell: written from docs/record-format.md, sync-format.md and package-format.md alone."""

import argparse
import base64
import json
import mmap
import os
import struct
import sys

from archive import verify_archive
from envelopes import judge_decision
from export import verify_export
from folder import open_keys, verify_folder
from forms import Refused, number_text, parse_canonical
from log import Finding, Row, verify_log
from notes import COSIGNER, open_cosignatures, open_counting, open_note, parse_trusted_key, signed_by
from package import judge_package
from tree import extends, includes

OK, USAGE, FAILED, REFUSED = 0, 2, 4, 7


def read_keys(given):
    """Keys from lines, or from files of lines."""
    keys = []
    for each in given or []:
        text = each
        if os.path.isfile(each):
            with open(each, encoding="utf-8") as file:
                text = file.read()
        keys += [parse_trusted_key(line.strip()) for line in text.split("\n") if line.strip() != ""]
    return keys


def judge_checkpoint(note, origin, keys, witnesses=()):
    """The report on one checkpoint by itself."""
    try:
        head, _ = open_counting(note, origin, keys)
    except Refused:
        return {"ok": False, "findings": [Finding("checkpoint-signature", None)]}
    try:
        by = sorted({key.name for key, _ in open_cosignatures(note, witnesses)})
    except Refused:
        return {"ok": False, "findings": [Finding("cosignature", None)]}
    return {"ok": True, "size": head.size, "by": by, "findings": []}


def _told(report):
    return dict(report, findings=[{"rule": rule, "seq": seq} for rule, seq in report["findings"]])


def _code(code):
    return {"ok": code is None, "code": code}


def judge(case):
    """One question of another program: what to judge, with which keys."""
    kind = case["kind"]
    data = base64.b64decode(case["data"]) if "data" in case else b""
    keys = [parse_trusted_key(line) for line in case.get("keys", [])]
    witnesses = [parse_trusted_key(line) for line in case.get("witnesses", [])]
    if kind == "export":
        return _told(verify_export(data, keys, witnesses))
    if kind == "log":
        rows = [
            Row(seq, job, base64.b64decode(entry), base64.b64decode(body)) for seq, job, entry, body in case["rows"]
        ]
        return _told(verify_log(case["origin"], rows, case["checkpoints"], case["cosignatures"], keys, witnesses))
    if kind == "folder":
        return _told(verify_folder(case["path"], keys, witnesses, bytes.fromhex(case["dataKey"])))
    if kind == "archive":
        data_key = bytes.fromhex(case["dataKey"]) if "dataKey" in case else None
        return _told(verify_archive(case["path"], keys, witnesses, data_key))
    if kind == "checkpoint":
        return _told(judge_checkpoint(case["note"], case["origin"], keys, witnesses))
    if kind == "decision":
        return _code(judge_decision(case["text"], keys, case["origin"], case["now"], case["used"]))
    if kind == "package":
        release = [parse_trusted_key(line) for line in case["release"]]
        return _code(judge_package(data, keys, release))
    return {"ok": judge_part(kind, case, keys)}


def judge_part(kind, case, keys):
    """One part of the format by itself, as published vectors ask for it."""
    if kind == "inclusion":
        leaf, root = bytes.fromhex(case["leaf"]), bytes.fromhex(case["root"])
        return includes(leaf, case["index"], case["size"], [bytes.fromhex(node) for node in case["proof"]], root)
    if kind == "consistency":
        first, second = bytes.fromhex(case["root1"]), bytes.fromhex(case["root2"])
        proof = [bytes.fromhex(node) for node in case["proof"]]
        return extends(case["size1"], first, case["size2"], second, proof)
    if kind == "signature":
        return signed_by(keys[0], bytes.fromhex(case["message"]), bytes.fromhex(case["signature"]))
    if kind == "number":
        return number_text(struct.unpack(">d", bytes.fromhex(case["bits"]))[0]) == case["text"]
    try:
        if kind == "canonical":
            return parse_canonical(case["text"].encode()) is not None
        if kind == "note":
            return open_note(case["note"], keys)[0] == case["text"]
        if kind == "cosigned":
            return sorted([key.name, time] for key, time in open_cosignatures(case["note"], keys)) == case["by"]
    except Refused:
        return False
    raise ValueError(f"unknown kind {kind}")


def serve():
    """Answers questions line by line until the input ends."""
    for line in sys.stdin:
        print(json.dumps(judge(json.loads(line))), flush=True)
    return OK


def _read_bounded(path, bound):
    with open(path, "rb") as file:
        return file.read(bound + 1)


def _report(options):
    keys, witnesses = read_keys(options.key), read_keys(options.witness)
    release, design = read_keys(options.clinical_release), read_keys(options.design_authority)
    if design or release:
        return _code(judge_package(_read_bounded(options.path, 64 << 20), design, release))
    data_key = floor = None
    if options.keys:
        own, data_key, floor = open_keys(options.keys)
        keys += own
    if not keys or any(key.type != COSIGNER for key in witnesses):
        raise Refused("no key to verify against")
    if os.path.exists(os.path.join(options.path, "record.jsonl")):
        return _told(verify_archive(options.path, keys, witnesses, data_key))
    if os.path.isdir(options.path):
        return _told(verify_folder(options.path, keys, witnesses, data_key, floor))
    with open(options.path, "rb") as file:
        if os.path.getsize(options.path) == 0:
            return _told(verify_export(b"", keys, witnesses))
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _told(verify_export(data, keys, witnesses))


def main():
    parser = argparse.ArgumentParser(description="Verifies an exported record, a data folder, the archive of a year or a job package.")
    parser.add_argument("path", nargs="?")
    for name in ("key", "witness", "design-authority", "clinical-release"):
        parser.add_argument(f"--{name}", action="append", help="a public key: its line, or a file of lines")
    parser.add_argument("--keys", help="the cell's key folder: opens artifacts, knows the largest head")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", action="store_true", help="answer questions from standard input")
    options = parser.parse_args()
    if options.serve:
        return serve()
    try:
        if options.path is None or not os.path.exists(options.path):
            raise Refused("there is nothing to verify")
        report = _report(options)
    except (Refused, OSError) as problem:
        print(f"verify: {problem}", file=sys.stderr)
        return USAGE
    if options.json:
        print(json.dumps(report))
    else:
        tell(report)
    if report["ok"]:
        return OK
    return REFUSED if "code" in report else FAILED


def tell(report):
    """The verdict in words."""
    if not report["ok"]:
        print("NOT VERIFIED")
        for each in report.get("findings", []):
            where = "" if each["seq"] is None else f"entry {each['seq']}: "
            print(f"- {where}{each['rule']}")
        if "code" in report:
            print(f"- {report['code']}")
    elif report.get("complete", True):
        print("GENUINE AND COMPLETE" if "complete" in report else "GENUINE")
    else:
        print(f"GENUINE UP TO ENTRY {report['lastEntry']}, NOT COMPLETE")


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Writes models/manifest.json for a trained network, or names a new model card in it.

Usage: python3 models/manifest.py models/layer-net.onnx models/manifest.json TRAINING_LOG TRAINING.json
       python3 models/manifest.py --card models/manifest.json

TRAINING.json says in words and numbers what the network was trained on: `data` (a name for the set), `seeds`, `builds`,
`validationBuilds`, `stages`, `note`. The log supplies the rest; the digests are of the files as they lie here. A manifest that
has changed in any way has to be approved anew in every cell.
"""
import hashlib
import json
import os
import re
import sys

SCRIPT = "scripts/model-data.ts"


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def beside(out, name):
    return os.path.join(os.path.dirname(out), name)


def write(manifest, out):
    with open(out, "w") as file:
        json.dump(manifest, file, indent=2)
        file.write("\n")


def made(path, out, log, training):
    text = open(log).read()
    parameters = re.search(r"(\d+) parameters", text)
    final = re.search(r"(\d+) steps; unseen builds: (.*)", text)
    said = json.load(open(training))
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    return {
        "format": "cellward-model-2",
        "file": os.path.basename(path),
        "sha256": digest(path),
        "licence": "Apache-2.0",
        "input": {
            "name": "residual",
            "shape": [1, 5, 384, 512],
            "channels": ["now", "change", "change-beneath", "ridge", "ridge-before"],
        },
        "output": {"name": "classes", "shape": [1, 4, 192, 256], "classes": ["ok", "missing", "thin", "extra"]},
        "parameters": int(parameters.group(1)),
        "limits": "src/inspection/limits.ts (drillGuideLimits)",
        "training": {
            "data": said["data"],
            "seeds": said["seeds"],
            "script": {"file": SCRIPT, "sha256": digest(os.path.join(root, SCRIPT))},
            "builds": said["builds"],
            "validationBuilds": said["validationBuilds"],
            "stages": said["stages"],
            "note": said["note"],
            "lastStageSteps": int(final.group(1)),
            "lastStageValidation": final.group(2),
        },
        "validation": {"report": "CARD.md", "sha256": digest(beside(out, "CARD.md"))},
    }


if sys.argv[1:2] == ["--card"]:
    out = sys.argv[2]
    manifest = json.load(open(out))
    manifest["validation"]["sha256"] = digest(beside(out, manifest["validation"]["report"]))
    write(manifest, out)
else:
    path, out, log, training = sys.argv[1:5]
    write(made(path, out, log, training), out)

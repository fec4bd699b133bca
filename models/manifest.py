#!/usr/bin/env python3
"""Writes models/manifest.json for a trained network.

Usage: python3 models/manifest.py models/layer-net.onnx models/manifest.json TRAINING_LOG TRAINING.json

TRAINING.json says in words and numbers what the network was trained on; the log supplies the rest.
"""
import hashlib
import json
import os
import re
import sys

path, out, log, training = sys.argv[1:5]
data = open(path, "rb").read()
text = open(log).read()
parameters = re.search(r"(\d+) parameters", text)
final = re.search(r"(\d+) steps; unseen builds: (.*)", text)
manifest = {
    "format": "cellward-model-1",
    "file": os.path.basename(path),
    "sha256": hashlib.sha256(data).hexdigest(),
    "input": {
        "name": "residual",
        "shape": [1, 5, 384, 512],
        "channels": ["now", "change", "change-beneath", "ridge", "ridge-before"],
    },
    "output": {"name": "classes", "shape": [1, 4, 192, 256], "classes": ["ok", "missing", "thin", "extra"]},
    "parameters": int(parameters.group(1)),
    "limits": "src/inspection/limits.ts (drillGuideLimits)",
    "training": {**json.load(open(training)), "lastStageSteps": int(final.group(1)), "lastStageValidation": final.group(2)},
    "card": "CARD.md",
}
with open(out, "w") as file:
    json.dump(manifest, file, indent=2)
    file.write("\n")

#!/usr/bin/env python3
"""Writes models/manifest.json for a trained network.

Usage: python3 models/manifest.py models/layer-net.onnx models/manifest.json TRAINING_LOG
"""
import hashlib
import json
import os
import re
import sys

path, out, log = sys.argv[1:4]
data = open(path, "rb").read()
text = open(log).read()
crops = re.search(r"(\d+) crops of (\d+) builds, (\d+) crops of (\d+) unseen builds", text)
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
    "training": {
        "data": "rendered crops of random parts, scripts/model-data.ts seeds 1000 to 1115, 8 layers each",
        "builds": int(crops.group(2)),
        "crops": int(crops.group(1)),
        "heldOutBuilds": int(crops.group(4)),
        "steps": int(final.group(1)),
        "heldOutCells": final.group(2),
    },
    "card": "CARD.md",
}
with open(out, "w") as file:
    json.dump(manifest, file, indent=2)
    file.write("\n")

#!/usr/bin/env python3
"""Trains the layer network on rendered crops and exports it to ONNX.

Usage: python3 models/train.py DATA_FOLDER OUT.onnx [MINUTES]

Input crops come from scripts/model-data.ts: per crop 5 x 128 x 128 signed bytes (residual channels) and 64 x 64 labels
(0 ok, 1 missing, 2 thin, 3 extra, 255 not judged). Builds, never crops, are split into training and validation.
Needs Debian's python3-torch and python3-onnx; no accelerator.
"""
import glob
import os
import sys
import time

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from torch import nn

CHANNELS, SIDE, CLASSES = 5, 128, 4
SCALE = torch.tensor([1 / 31, 1 / 31, 1 / 31, 1 / 127, 1 / 127]).view(1, CHANNELS, 1, 1)
HEIGHT, WIDTH = 384, 512
BATCH = 12


def block(inputs, outputs, stride=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class LayerNet(nn.Module):
    """A small U-Net (Ronneberger et al., 2015) with a stride-2 stem; its output has half the input's resolution."""

    def __init__(self):
        super().__init__()
        self.stem = block(CHANNELS, 16, 2)
        self.down1 = nn.Sequential(block(16, 24, 2), block(24, 24))
        self.down2 = nn.Sequential(block(24, 40, 2), block(40, 40))
        self.up1 = block(40 + 24, 16)
        self.up0 = block(16 + 16, 16)
        self.head = nn.Conv2d(16, CLASSES, 1)

    def forward(self, x):
        fine = self.stem(x)
        middle = self.down1(fine)
        coarse = self.down2(middle)
        middle = self.up1(torch.cat([F.interpolate(coarse, scale_factor=2.0, mode="nearest"), middle], 1))
        fine = self.up0(torch.cat([F.interpolate(middle, scale_factor=2.0, mode="nearest"), fine], 1))
        return self.head(fine)


class WithProbabilities(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return torch.softmax(self.net(x), 1)


def load(files):
    size = CHANNELS * SIDE * SIDE
    raw = np.concatenate([np.fromfile(f, dtype=np.uint8).reshape(-1, size + SIDE * SIDE // 4) for f in files])
    crops = torch.from_numpy(raw[:, :size].view(np.int8).reshape(-1, CHANNELS, SIDE, SIDE).copy())
    labels = torch.from_numpy(raw[:, size:].reshape(-1, SIDE // 2, SIDE // 2).copy())
    return crops, labels


def batch_of(crops, labels, rows, rng):
    """Half precision is not needed: crops are widened here. Mirrored left-right and in brightness-neutral jitter only:
    up-down mirroring would put the light and the parallax on the wrong side."""
    x = crops[rows].float() * SCALE
    y = labels[rows].long()
    if rng.random() < 0.5:
        x, y = x.flip(3), y.flip(2)
    gain = 1 + 0.2 * (torch.rand(len(rows), 1, 1, 1) - 0.5)
    x[:, :3] = x[:, :3] * gain + 0.05 * torch.randn_like(x[:, :3])
    return x, y


def scores(net, crops, labels):
    """Per class: precision, recall and F1 over cells of the validation builds."""
    net.eval()
    confusion = torch.zeros(CLASSES, CLASSES, dtype=torch.long)
    with torch.no_grad():
        for at in range(0, len(crops), 64):
            guess = net(crops[at : at + 64].float() * SCALE).argmax(1)
            truth = labels[at : at + 64].long()
            seen = truth != 255
            confusion += torch.bincount(truth[seen] * CLASSES + guess[seen], minlength=CLASSES**2).view(CLASSES, CLASSES)
    net.train()
    lines = []
    for c, name in enumerate(["ok", "missing", "thin", "extra"]):
        hit = confusion[c, c].item()
        precision = hit / max(1, confusion[:, c].sum().item())
        recall = hit / max(1, confusion[c].sum().item())
        lines.append(f"{name} p {precision:.3f} r {recall:.3f} f1 {2 * precision * recall / max(1e-9, precision + recall):.3f}")
    return " | ".join(lines)


def train(folder, minutes):
    files = sorted(glob.glob(os.path.join(folder, "*.bin")))
    held = max(1, len(files) // 10)
    crops, labels = load(files[held:])
    unseen = load(files[:held])
    print(f"{len(crops)} crops of {len(files) - held} builds, {len(unseen[0])} crops of {held} unseen builds", flush=True)
    torch.manual_seed(7)
    rng = np.random.default_rng(7)
    net = LayerNet()
    print(f"{sum(p.numel() for p in net.parameters())} parameters", flush=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-4)
    weight = torch.tensor([1.0, 2.0, 1.5, 2.5])
    start, step = time.time(), 0
    while (share := (time.time() - start) / (60 * minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = 3e-3 * 0.5 * (1 + np.cos(np.pi * share)) + 2e-5
        x, y = batch_of(crops, labels, torch.from_numpy(rng.integers(0, len(crops), BATCH)), rng)
        loss = F.cross_entropy(net(x), y, weight=weight, ignore_index=255)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
        if step % 100 == 0:
            print(f"step {step} share {share:.2f} loss {loss.item():.4f}", flush=True)
        if step % 1000 == 0:
            print(scores(net, *unseen), flush=True)
    print(f"{step} steps; unseen builds: {scores(net, *unseen)}", flush=True)
    return net


def export(net, path):
    model = WithProbabilities(net).eval()
    example = torch.zeros(1, CHANNELS, HEIGHT, WIDTH)
    torch.onnx.export(model, example, path, opset_version=13, input_names=["residual"], output_names=["classes"])
    onnx.checker.check_model(onnx.load(path))
    print(f"wrote {path}: {os.path.getsize(path)} bytes", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ.get("THREADS", "2")))
    export(train(sys.argv[1], float(sys.argv[3]) if len(sys.argv) > 3 else 15), sys.argv[2])

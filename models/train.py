#!/usr/bin/env python3
"""Trains the layer network on rendered crops and exports it to ONNX.

Usage: python3 models/train.py DATA_FOLDER[,DATA_FOLDER...] OUT.onnx [MINUTES] [START.onnx]

With START.onnx the weights of an earlier export are trained further (its batch norms are folded and stay so).

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
import onnx.numpy_helper
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


def resume(net, path):
    """Takes over the folded convolutions of an export, in the order in which the network runs them."""
    graph = onnx.load(path).graph
    weights = {t.name: torch.from_numpy(onnx.numpy_helper.to_array(t).copy()) for t in graph.initializer}
    folded = [[weights[name] for name in node.input[1:3]] for node in graph.node if node.op_type == "Conv"]
    blocks = [m for m in net.modules() if isinstance(m, nn.Sequential) and isinstance(m[0], nn.Conv2d)]
    for part, (weight, bias) in zip(blocks, folded):
        part[0].weight.data = weight
        part[1].bias.data = bias
        part[1].running_var.fill_(1 - part[1].eps)
    net.head.weight.data, net.head.bias.data = folded[-1]
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 0.0


def freeze_norms(net):
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eval()


def train(folders, minutes, start_from=None):
    files = [f for folder in folders.split(",") for f in sorted(glob.glob(os.path.join(folder, "*.bin")))]
    unseen_files = files[::10]
    files = [f for f in files if f not in unseen_files]
    crops, labels = load(files)
    unseen = load(unseen_files)
    counts = f"{len(crops)} crops of {len(files)} builds, {len(unseen[0])} crops of {len(unseen_files)} unseen builds"
    print(counts, flush=True)
    torch.manual_seed(7)
    rng = np.random.default_rng(7)
    net = LayerNet()
    rate = 3e-3
    if start_from is not None:
        resume(net, start_from)
        freeze_norms(net)
        rate = 1e-3
    print(f"{sum(p.numel() for p in net.parameters())} parameters", flush=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-4)
    weight = torch.tensor([1.0, 2.0, 1.5, 2.5])
    start, step = time.time(), 0
    while (share := (time.time() - start) / (60 * minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = rate * 0.5 * (1 + np.cos(np.pi * share)) + 2e-5
        x, y = batch_of(crops, labels, torch.from_numpy(rng.integers(0, len(crops), BATCH)), rng)
        loss = F.cross_entropy(net(x), y, weight=weight, ignore_index=255)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        step += 1
        if step % 100 == 0:
            print(f"step {step} share {share:.2f} loss {loss.item():.4f}", flush=True)
        if step % 1000 == 0:
            print(scores(net, *unseen), flush=True)
            if start_from is not None:
                freeze_norms(net)
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
    minutes = float(sys.argv[3]) if len(sys.argv) > 3 else 15
    export(train(sys.argv[1], minutes, sys.argv[4] if len(sys.argv) > 4 else None), sys.argv[2])

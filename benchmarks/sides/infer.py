"""PyTorch's inference, eager, channels last, the logits read back."""

import time

import torch
from models import create
from serve import serve, settings

given = settings()
torch.manual_seed(1)
batch, size, steps = given.get("batch", 1), given["imageSizePx"], given["stepsPerMeasurement"]
model = create(given["model"], given["classes"]).to(memory_format=torch.channels_last).eval()
images = torch.randn(batch, 3, size, size).to(memory_format=torch.channels_last)


@torch.inference_mode()
def measure():
    began = time.perf_counter()
    for _ in range(steps):
        model(images).tolist()
    return 1000 * (time.perf_counter() - began) / (steps * batch)


serve(given["warmUp"], measure)

"""PyTorch's training step, eager, channels last: forward, loss, gradients, update, the loss read back."""

import time

import torch
import torch.nn.functional as F
from models import create
from serve import serve, settings

given = settings()
torch.manual_seed(1)
batch, size, steps = given["batch"], given["imageSizePx"], given["stepsPerMeasurement"]
model = create(given["model"], given["classes"]).to(memory_format=torch.channels_last).train()
optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
images = torch.randn(batch, 3, size, size).to(memory_format=torch.channels_last)
labels = torch.arange(batch) % given["classes"]


def measure():
    began = time.perf_counter()
    for _ in range(steps):
        optimiser.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimiser.step()
        loss.item()
    return 1000 * (time.perf_counter() - began) / (steps * batch)


serve(given["warmUp"], measure)

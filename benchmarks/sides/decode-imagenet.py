"""ImageNet's training pipeline as torchvision's reference scripts have it, with PIL: one thread, batch after batch."""

import time
from pathlib import Path

import PIL
import torch
import torchvision
from PIL import Image
from serve import serve, settings
from torchvision import transforms

given = settings()
torch.manual_seed(1)
batch = given["batch"]
files = sorted(path for path in Path(given["photographs"]).rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
if len(files) < batch:
    raise SystemExit(f"photographs: expected at least {batch} files .jpg or .jpeg, got {len(files)}")
pipeline = transforms.Compose(
    [
        transforms.RandomResizedCrop(224, antialias=True),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)


def load(path):
    with Image.open(path) as image:
        return pipeline(image.convert("RGB"))


def measure():
    """All the photographs once, so that every measurement has the same files."""
    began = time.perf_counter()
    batches = len(files) // batch
    for i in range(batches):
        torch.stack([load(path) for path in files[i * batch : (i + 1) * batch]])
    return 1000 * (time.perf_counter() - began) / (batches * batch)


serve(given["warmUp"], measure, torchvision=torchvision.__version__, pillow=PIL.__version__)

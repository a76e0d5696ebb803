"""Saves models of torchvision, with arbitrary weights, in both forms of torch.save and as safetensors.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 torchvision safetensors numpy
    venv/bin/python scripts/check-torch-files.py FOLDER && node scripts/check-torch-files.mjs FOLDER

The second command, after a build, imports every file without naming its model, and compares the weights.
"""

import os
import sys

import torch
import torchvision
from safetensors.torch import save_file

NAMES = ["resnet18", "resnet50", "mobilenet_v2", "resnext50_32x4d", "wide_resnet50_2"]


def main(folder):
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(1)
    for name in NAMES:
        model = getattr(torchvision.models, name)()
        for buffer in model.buffers():
            if buffer.dtype.is_floating_point:
                buffer.uniform_(0.5, 1.5)
        state = model.state_dict()
        path = os.path.join(folder, name)
        save_file({key: value.contiguous() for key, value in state.items()}, f"{path}.safetensors")
        torch.save(state, f"{path}.pth")
        torch.save(state, f"{path}.older.pth", _use_new_zipfile_serialization=False)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        torch.save({"epoch": 1, "model": state, "optimizer": optimizer.state_dict()}, f"{path}.ckpt")


main(sys.argv[1])

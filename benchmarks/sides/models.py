"""The networks of PyTorch's side: what ours are called."""

import torch.nn.functional as F
from torch import nn
from torchvision.models import resnet50


class BasicBlock(nn.Module):
    """Two 3x3 convolutions; a 1x1 convolution bridges a change of size."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = (
            nn.Identity()
            if stride == 1
            else nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )
        )

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x), inplace=True)


def cifar_resnet20(classes):
    """He et al. 2016, section 4.2, with projections."""
    plan = [(16, 16, 1)] * 3 + [(16, 32, 2)] + [(32, 32, 1)] * 2 + [(32, 64, 2)] + [(64, 64, 1)] * 2
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 1, 1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(inplace=True),
        *(BasicBlock(*block) for block in plan),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, classes),
    )


def create(name, classes):
    if name == "resnet50":
        return resnet50(num_classes=classes)
    if name == "cifar-resnet20":
        return cifar_resnet20(classes)
    raise ValueError(f"model: expected resnet50 or cifar-resnet20, got {name}")

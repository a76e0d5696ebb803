"""torchvision's and timm's models with arbitrary weights, and their logits: the reference for imported networks.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 torchvision timm safetensors numpy
    venv/bin/python packages/import/scripts/pytorch-models.py fixtures
    venv/bin/python packages/import/scripts/pytorch-models.py files FOLDER [MODEL…]

`fixtures` writes src/fixtures/pytorch-models.json: names and shapes of the tensors of small models with 10 classes, and logits of
one image.
`files` writes for each model MODEL.safetensors as PyTorch users do, and MODEL.logits.safetensors with images [1, S, S, 3] and
logits [1, 1000] at 224, 160 and 193 px; check-models.mjs reads them. No weights are fetched: every number is a function of
the tensor's name and the number's index, the same here and in src/fixtures/pytorch-case.ts.
"""

import json
import math
import pathlib
import sys

import numpy
import timm
import torch
import torchvision
from safetensors.torch import save_file
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

HERE = pathlib.Path(__file__).parent


def torchvision_resnext(depths, groups, width):
    return lambda **options: ResNet(Bottleneck, depths, groups=groups, width_per_group=width, **options)


def timm_resnext(depths, groups, width):
    return lambda **options: timm.models.resnet.ResNet(
        timm.models.resnet.Bottleneck, depths, cardinality=groups, base_width=width, **options
    )


def of_timm(name):
    return lambda **options: timm.create_model(name, pretrained=False, **options)


# name of the file: our name, whose, how to make it
MODELS = {
    "torchvision-resnet18": ("resnet18", torchvision.models.resnet18),
    "torchvision-resnet34": ("resnet34", torchvision.models.resnet34),
    "torchvision-resnet50": ("resnet50", torchvision.models.resnet50),
    "torchvision-resnet101": ("resnet101", torchvision.models.resnet101),
    "torchvision-resnet152": ("resnet152", torchvision.models.resnet152),
    "torchvision-resnext50_32x4d": ("resnext50-32x4d", torchvision.models.resnext50_32x4d),
    "torchvision-resnext101_32x8d": ("resnext101-32x8d", torchvision.models.resnext101_32x8d),
    "torchvision-resnext50_2x40d": ("resnext50-2x40d", torchvision_resnext([3, 4, 6, 3], 2, 40)),
    "torchvision-resnext50_4x24d": ("resnext50-4x24d", torchvision_resnext([3, 4, 6, 3], 4, 24)),
    "torchvision-mobilenet_v2": ("mobilenetv2", torchvision.models.mobilenet_v2),
    "torchvision-mobilenet_v2-0.75": (
        "mobilenetv2-0.75",
        lambda **options: torchvision.models.mobilenet_v2(width_mult=0.75, **options),
    ),
    "timm-resnet50": ("resnet50", of_timm("resnet50")),
    "timm-resnext50_32x4d": ("resnext50-32x4d", of_timm("resnext50_32x4d")),
    "timm-resnext50_2x40d": ("resnext50-2x40d", timm_resnext((3, 4, 6, 3), 2, 40)),
    "timm-mobilenetv2_050": ("mobilenetv2-0.5", of_timm("mobilenetv2_050")),
    "timm-mobilenetv2_100": ("mobilenetv2", of_timm("mobilenetv2_100")),
    "timm-mobilenetv2_140": ("mobilenetv2-1.4", of_timm("mobilenetv2_140")),
}
ONE_EACH = (1, 1, 1, 1)
# name, ours, blocks of each stage that are there (all if None), how to make it, and the side of the image; 0: names only
FIXTURES = [
    ("torchvision-basic", "resnet18", 1, lambda **options: ResNet(BasicBlock, ONE_EACH, **options), 17),
    ("torchvision-resnext", "resnext50-2x4d", 1, torchvision_resnext(ONE_EACH, 2, 4), 17),
    ("timm-resnext", "resnext50-4x2d", 1, timm_resnext(ONE_EACH, 4, 2), 17),
    ("torchvision-mobilenet_v2", "mobilenetv2", None, torchvision.models.mobilenet_v2, 33),
    (
        "torchvision-mobilenet_v2-0.75",
        "mobilenetv2-0.75",
        None,
        lambda **options: torchvision.models.mobilenet_v2(width_mult=0.75, **options),
        33,
    ),
    ("timm-mobilenetv2_100", "mobilenetv2", None, of_timm("mobilenetv2_100"), 33),
    ("timm-mobilenetv2_140", "mobilenetv2-1.4", None, of_timm("mobilenetv2_140"), 33),
    ("torchvision-resnet50", "resnet50", None, torchvision.models.resnet50, 0),
    ("timm-resnet101", "resnet101", None, of_timm("resnet101"), 0),
]


def uniform(name, count):
    """`count` numbers in [0, 1): murmur3's last step of the name's FNV-1a and the index. Exact in float64."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 & 0xFFFFFFFF
    with numpy.errstate(over="ignore"):
        word = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x9E3779B1) + numpy.uint32(seed)
        word ^= word >> numpy.uint32(16)
        word *= numpy.uint32(0x85EBCA6B)
        word ^= word >> numpy.uint32(13)
        word *= numpy.uint32(0xC2B2AE35)
        word ^= word >> numpy.uint32(16)
    return word.astype(numpy.float64) / 2**32


def arbitrary(name, shape):
    """Weights that keep signals alive; variances above zero."""
    size = math.prod(shape)
    if len(shape) > 1:
        bound = math.sqrt(6 / (size // shape[0]))
        low, high = -bound, bound
    elif name.endswith("running_var"):
        low, high = 0.5, 1.5
    elif name.endswith("weight"):
        low, high = 0.25, 1
    else:
        low, high = -0.25, 0.25
    values = low + (high - low) * uniform(name, size)
    return torch.from_numpy(values.astype(numpy.float32).reshape(shape))


def filled(model):
    state = model.eval().state_dict()
    for name, tensor in state.items():
        if not name.endswith("num_batches_tracked"):
            tensor.copy_(arbitrary(name, tuple(tensor.shape)))
    return model, state


def image(size):
    """[1, size, size, 3], about normalised."""
    values = 4 * uniform(f"image{size}", size * size * 3) - 2
    return torch.from_numpy(values.astype(numpy.float32).reshape(1, size, size, 3))


@torch.no_grad()
def logits(model, pixels):
    return model(pixels.permute(0, 3, 1, 2))


def write_fixtures():
    cases = []
    for name, ours, blocks, make, size in FIXTURES:
        model, state = filled(make(num_classes=10))
        # float64, so that the reference has no rounding of its own
        output = logits(model.double(), image(size).double())[0].tolist() if size else []
        tensors = [[key, *tensor.shape] for key, tensor in state.items()]
        case = {"file": name, "model": ours, "blocks": blocks, "sizePx": size, "tensors": tensors, "logits": output}
        cases.append(case)
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / "../src/fixtures/pytorch-models.json").write_text(f"[\n{lines}\n]\n")


def write_files(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or MODELS:
        ours, make = MODELS[name]
        model, state = filled(make())
        save_file({key: tensor.contiguous() for key, tensor in state.items()}, folder / f"{name}.safetensors", {"format": "pt"})
        outputs = {}
        for size in (224, 160, 193):
            outputs[f"images{size}"] = image(size)
            outputs[f"logits{size}"] = logits(model, image(size)).contiguous()
        save_file(outputs, folder / f"{name}.logits.safetensors", {"model": ours})
        print(name, flush=True)


if sys.argv[1:] == ["fixtures"]:
    write_fixtures()
elif len(sys.argv) > 2 and sys.argv[1] == "files":
    write_files(pathlib.Path(sys.argv[2]), sys.argv[3:])
else:
    sys.exit(__doc__)

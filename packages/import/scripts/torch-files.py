"""Small files of torch.save and what PyTorch reads from them, for the tests of src/torch and the fuzzer's target `pth`.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 numpy
    venv/bin/python scripts/torch-files.py > src/torch/fixtures/torch-files.json

Each file is listed with its tensors (name, element type, shape, digest of its values as our reader converts them), or with the
fault for which it is refused.
"""

import argparse
import base64
import collections
import importlib.util
import io
import json
import os
import pickle
import struct
import sys
import zipfile
import zlib

import numpy as np
import torch

ORACLE = os.path.join(os.path.dirname(__file__), "../../../scripts/fuzz/pth.oracle.py")
spec = importlib.util.spec_from_file_location("oracle", ORACLE)
oracle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(oracle)

torch.manual_seed(1)


def saved(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def older(value, **options):
    return saved(value, _use_new_zipfile_serialization=False, **options)


def repacked(data, compression=zipfile.ZIP_STORED, changed=None, zip64=False):
    """The members of a ZIP archive written again by Python's zipfile; `changed` maps the ends of names to contents or None."""
    changed = changed or {}
    source, file = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as target:
        for member in source.infolist():
            end = member.filename.split("/", 1)[1]
            content = changed.get(end, source.read(member))
            if content is None:
                continue
            info = zipfile.ZipInfo(member.filename)
            info.compress_type = compression
            with target.open(info, "w", force_zip64=zip64) as out:
                out.write(content)
    return file.getvalue()


class Runs:
    """What a pickle runs when it is loaded as Python does."""

    def __reduce__(self):
        return os.system, ("echo a pickle ran this",)


def network():
    return torch.nn.Sequential(
        collections.OrderedDict(conv=torch.nn.Conv2d(2, 3, 1, bias=False), norm=torch.nn.BatchNorm2d(3))
    )


def state():
    return collections.OrderedDict((key, value.clone()) for key, value in network().state_dict().items())


def classifier():
    model = network()
    model.add_module("fc", torch.nn.Linear(3, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return {"epoch": 3, "state_dict": model.state_dict(), "optimizer": optimizer.state_dict()}


def every_type():
    halves = torch.tensor([0, 1, -2.5, 65504, 6e-8, float("inf"), float("nan")])
    return {
        "f64": torch.tensor([0.1, -0.0, 1e300, 2.0**-1074]).double().reshape(2, 2),
        "f32": torch.tensor([1.5, -2, 3.25]),
        "f16": halves.half(),
        "bf16": halves.bfloat16(),
        "i64": torch.tensor(2**40 - 7),
        "i32": torch.tensor([[-(2**31)], [7]], dtype=torch.int32),
        "i16": torch.tensor([-300, 300], dtype=torch.int16),
        "i8": torch.tensor([-128, 127], dtype=torch.int8),
        "u8": torch.tensor([0, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
    }


def views():
    base = torch.arange(48.0)
    matrix = base.view(6, 8)
    return {
        "base": base,
        "transposed": matrix.t(),
        "part": matrix[2:4, 1:7:2],
        "turned": base.view(2, 3, 4, 2).permute(3, 0, 2, 1),
        "channels last": torch.arange(24.0).view(1, 2, 3, 4).contiguous(memory_format=torch.channels_last),
        "expanded": torch.tensor([[1.0], [2.0]]).expand(2, 3),
        "from the end": base[40:],
        "one": base[7],
        "empty": torch.empty(0, 3),
        "none of a storage": base[48:],
        "halves, every other": torch.arange(10).half()[::2],
        "bytes": torch.arange(9, dtype=torch.uint8).view(3, 3).t(),
        "doubles": torch.arange(6).double().view(2, 3).t(),
    }


def checkpoint():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 5, 5])
    model(torch.ones(2, 2, 3, 3)).sum().backward()
    optimizer.step()
    scheduler.step()
    return {
        "epoch": 7,
        "best": np.float64(91.5),
        "flag": True,
        "none": None,
        "args": argparse.Namespace(lr=0.1, name="größe", gpus=[0, 1]),
        "dtype": torch.float32,
        "shape": torch.Size([2, 3]),
        "history": [0.5, (1, 2.5), {"a": -70000, 3: 2**70}],
        "rng_state": torch.arange(5, dtype=torch.uint8),
        "state_dict": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": {key: value for key, value in scheduler.state_dict().items() if not callable(value)},
    }


def with_parts():
    """The older form as PyTorch before 0.4 wrote it: tensors of parts of a storage."""

    class Part:
        def __init__(self, start, length):
            self.start, self.length = start, length

    class Pickler(pickle._Pickler):
        def persistent_id(self, thing):
            if isinstance(thing, Part):
                part = (f"part{thing.start}", thing.start, thing.length)
                return ("storage", torch.FloatStorage, "whole", "cpu", 12, part)
            return None

    class Tensor:
        def __init__(self, part, *rest):
            self.args = (part, *rest)

        def __reduce__(self):
            return torch._utils._rebuild_tensor, self.args

    file = io.BytesIO()
    for value in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}):
        pickle.dump(value, file, protocol=2)
    first, second = Part(0, 4), Part(4, 8)
    value = {"a": Tensor(first, 1, (3,), (1,)), "b": Tensor(second, 0, (2, 4), (1, 2)), "c": Tensor(first, 0, (), ())}
    Pickler(file, protocol=2).dump(value)
    pickle.dump(["whole"], file, protocol=2)
    file.write(struct.pack("<q", 12) + np.arange(12, dtype="<f4").tobytes())
    return file.getvalue()


class Scripted(torch.nn.Module):
    def forward(self, x):
        return x + 1


def scripted():
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(Scripted()), file)
    return file.getvalue()


def python2():
    """A dictionary as Python 2 pickled it: texts of bytes, and its pairs as lists in a list."""
    data = older(collections.OrderedDict([("weight", torch.tensor([1.0, 2.0]))]))
    data = data.replace(b"X\x06\x00\x00\x00weight", b"U\x06weight").replace(b"X\x07\x00\x00\x00storage", b"U\x07storage")
    call = data.index(b")Rq\x01", data.index(b"ccollections\nOrderedDict\n"))
    pair = data.index(b"U\x06weight", call)
    end = data.index(b"s.", pair)
    return data[:call] + b"](](" + data[pair:end] + b"ee\x85R" + data[end + 1 :]


GOOD = {
    "state_dict": saved(state()),
    "older state_dict": older(state()),
    "every type": saved(every_type()),
    "older, every type": older(every_type()),
    "views": saved(views()),
    "older views": older(views()),
    "parameters": saved(dict(network().named_parameters())),
    "checkpoint": saved(checkpoint()),
    "older checkpoint": older(checkpoint()),
    "network": saved(classifier()),
    "older network": older(classifier()),
    "two sets": saved({"model": state(), "model_ema": state(), "epoch": 3}),
    "deep": saved({"checkpoint": {"epoch": 3, "state_dict": state()}}),
    "tied": saved({"a": (tied := torch.ones(2, 2)), "b": tied, "c": tied[0]}),
    "deflated": repacked(saved(views()), zipfile.ZIP_DEFLATED),
    "zip64": repacked(saved(state()), zip64=True),
    "without byteorder": repacked(saved(state()), changed={"byteorder": None}),
    "parts of a storage": with_parts(),
    "python 2": python2(),
    "names": saved({"größe": torch.ones(1), "重み.0": torch.ones(2), "": torch.ones(1), 5: torch.ones(1), "n": 3}),
}
BAD = {
    "module": (saved(network()), "module"),
    "older module": (older(network()), "module"),
    "scripted": (scripted(), "torchscript"),
    "code": (saved({"state_dict": state(), "hook": Runs()}), "global"),
    "older code": (older({"state_dict": state(), "hook": Runs()}), "global"),
    "big endian": (repacked(saved(state()), changed={"byteorder": b"big"}), "byte-order"),
    "complex": (saved({"a": torch.ones(2, dtype=torch.complex64)}), "element-type"),
    "quantised": (saved({"a": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}), "global"),
    "sparse": (saved({"a": torch.eye(2).to_sparse()}), "global"),
    "float8": (saved({"a": torch.ones(2).to(torch.float8_e4m3fn)}), "global"),
    "array of numpy": (saved({"a": np.ones(2)}), "global"),
    "protocol 4": (saved(state(), pickle_protocol=4), "pickle"),
    "plain pickle": (pickle.dumps({"a": 1}, protocol=2), "contents"),
    "list": (saved([torch.ones(1)]), "contents"),
    "tensor": (saved(torch.ones(1)), "contents"),
    "no tensors": (saved({"epoch": 3}), "contents"),
    "a storage is missing": (repacked(saved(state()), changed={"data/0": None}), "storage"),
    "a storage is short": (repacked(saved(state()), changed={"data/0": b"1234"}), "storage"),
}


def packed(data):
    return base64.b64encode(zlib.compress(data, 9)).decode()


def main():
    files = {}
    for name, data in GOOD.items():
        files[name] = {"zlib": packed(data), **oracle.read(data)}
    for name, (data, fault) in BAD.items():
        files[name] = {"zlib": packed(data), "fault": fault}
    print(json.dumps({"torch": torch.__version__, "files": files}, ensure_ascii=False))
    print(f"{sum(len(file['zlib']) for file in files.values())} characters", file=sys.stderr)


if __name__ == "__main__":
    main()

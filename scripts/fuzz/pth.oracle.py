"""PyTorch with weights_only=True, for scripts/fuzz/pth.mjs: the tensors that packages/import/src/torch finds in a file of
torch.save, their values as our reader converts them. packages/import/scripts/torch-files.py describes its fixtures with it."""

import argparse
import hashlib
import io
import warnings
from collections import OrderedDict

import numpy as np
import torch

warnings.filterwarnings("ignore")
# what our reader only names, and PyTorch reads where it is told that it may
torch.serialization.add_safe_globals(
    [
        argparse.Namespace,
        np.dtype,
        (np._core.multiarray.scalar, "numpy.core.multiarray.scalar"),
        np._core.multiarray.scalar,
        *(type(np.dtype(name)) for name in ("f4", "f8", "i4", "i8", "b1")),
    ]
)

DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
USUAL_BEGINNINGS = ("state_dict", "model", "module", "net", "network", "weights", "params", "ema")


def version():
    return torch.__version__


def is_dict(value):
    return type(value) in (dict, OrderedDict)


def has_tensors(value):
    return any(isinstance(key, str) and isinstance(each, torch.Tensor) for key, each in value.items())


def is_usual(path):
    begins = any(path == name or path.startswith(f"{name}_") for name in USUAL_BEGINNINGS)
    return begins or path.endswith("_state_dict")


def dicts_in(path, value, seen):
    for key, each in value.items():
        if isinstance(key, str) and is_dict(each) and id(each) not in seen:
            seen.add(id(each))
            yield (key if path == "" else f"{path}.{key}"), each


def sets_in(top):
    seen = {id(top)}
    level = list(dicts_in("", top, seen))
    sets = [each for each in level if has_tensors(each[1])]
    if has_tensors(top) and not any(is_usual(path) for path, _ in sets):
        return [("", top)]
    for _ in range(2):
        if sets:
            return sets
        level = [deeper for path, value in level for deeper in dicts_in(path, value, seen)]
        sets = [each for each in level if has_tensors(each[1])]
    return sets


def weights_in(value):
    """Names and tensors, and the keys of the dictionaries that have them."""
    if not is_dict(value):
        raise ValueError("no dictionary")
    sets = sets_in(value)
    if not sets:
        raise ValueError("no tensors")
    found = {}
    for path, each in sets:
        for key, tensor in each.items():
            if isinstance(key, str) and isinstance(tensor, torch.Tensor):
                name = key if len(sets) == 1 else f"{path}.{key}"
                if name in found:
                    raise ValueError("a name twice")
                found[name] = tensor
    return found, [path for path, _ in sets if path != ""]


def values(tensor):
    """Little-endian bytes. F16, BF16 and F64 as float32, every NaN of F16 and F64 the same one; I8 and I16 as int32."""
    tensor = tensor.detach().contiguous()
    dtype = DTYPES[tensor.dtype]
    if dtype == "BF16":
        return (tensor.view(torch.int16).numpy().view("<u2").astype("<u4") << 16).tobytes()
    if dtype == "BOOL":
        return tensor.view(torch.uint8).numpy().tobytes()
    array = tensor.numpy()
    if dtype in ("F16", "F64"):
        with np.errstate(over="ignore", invalid="ignore"):
            floats = np.atleast_1d(array.astype("<f4"))
        floats.view("<u4")[np.isnan(floats)] = 0x7FC00000
        return floats.tobytes()
    return array.astype("<i4").tobytes() if dtype in ("I8", "I16") else array.tobytes()


def read(data):
    loaded = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    found, under = weights_in(loaded)
    tensors = []
    for name, tensor in found.items():
        digest = hashlib.sha256(values(tensor)).hexdigest()[:16]
        tensors.append([name, DTYPES[tensor.dtype], list(tensor.shape), digest])
    return {"tensors": tensors, "under": under}

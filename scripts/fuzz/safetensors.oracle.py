"""Python's safetensors, for scripts/fuzz/safetensors.mjs: metadata and tensors, their values as our reader converts them."""

import hashlib
import os
import tempfile

import numpy as np
import safetensors


def version():
    return safetensors.__version__


def values(dtype, data):
    """Little-endian bytes. F16, BF16 and F64 as float32, every NaN of F16 and F64 the same one."""
    if dtype == "BF16":
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).tobytes()
    if dtype not in ("F16", "F64"):
        return data
    with np.errstate(over="ignore", invalid="ignore"):
        floats = np.frombuffer(data, "<f2" if dtype == "F16" else "<f8").astype("<f4")
    floats.view("<u4")[np.isnan(floats)] = 0x7FC00000
    return floats.tobytes()


def metadata(data):
    # only the reader of files has it
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(data)
    try:
        with safetensors.safe_open(file.name, framework="np") as opened:
            return opened.metadata() or {}
    finally:
        os.unlink(file.name)


def utf16(entry):
    return entry[0].encode("utf-16-be")


def read(data):
    tensors = {}
    for name, tensor in safetensors.deserialize(data):
        content = values(tensor["dtype"], bytes(tensor["data"]))
        tensors[name] = [tensor["dtype"], list(tensor["shape"]), hashlib.sha256(content).hexdigest()[:16]]
    return {
        "tensors": [[name, *rest] for name, rest in sorted(tensors.items(), key=utf16)],
        "metadata": [list(pair) for pair in sorted(metadata(data).items(), key=utf16)],
    }

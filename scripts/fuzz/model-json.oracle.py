"""NumPy by TensorFlow.js's documented form, for scripts/fuzz/model-json.mjs: the weights of a model.json and its one file."""

import hashlib
import json
import re
import struct

import numpy as np

SHARD = "group1-shard1of1.bin"
WIDTHS = {"float32": "<f4", "float16": "<f2", "int32": "<i4", "bool": "u1", "uint8": "u1", "uint16": "<u2"}


def version():
    return np.__version__


def digest(values):
    values = np.array(values, dtype="<f4")
    bits = values.view("<u4").copy()
    bits[np.isnan(values)] = 0x7FC00000
    return hashlib.sha256(bits.tobytes()).hexdigest()[:16]


def layer_names(config, prefix=()):
    for layer in config["layers"]:
        name = layer.get("name") or layer["config"]["name"]
        if "layers" in layer["config"]:
            yield from layer_names(layer["config"], (*prefix, name))
        else:
            yield (*prefix, name)


def read(data):
    length = min(struct.unpack("<I", data[:4])[0], len(data) - 4)
    document = json.loads(data[4 : 4 + length].decode())
    data = data[4 + length :]
    paths = {}
    topology = document["modelTopology"]
    model = topology.get("model_config", topology)
    for path in layer_names(model["config"]):
        paths[path[-1]] = "/".join(path)
    weights, shards = [], []
    for group in document["weightsManifest"]:
        shards += group["paths"]
        rest = data if group["paths"] == [SHARD] else b""
        for weight in group["weights"]:
            quantization = weight.get("quantization")
            stored = np.dtype(WIDTHS[quantization["dtype"] if quantization else weight["dtype"]])
            count = 1
            for side in weight["shape"]:
                count *= side
            if count < 0 or count * stored.itemsize > len(rest):
                raise ValueError("too few bytes")
            values = np.frombuffer(rest, stored, count)
            rest = rest[count * stored.itemsize :]
            if quantization and quantization["dtype"] != "float16":
                values = values.astype("f8") * quantization.get("scale", 1) + quantization.get("min", 0)
            with np.errstate(all="ignore"):
                values = values.astype("<f4")
            parts = weight["name"].split("/")
            last = re.sub(r":\d+$", "", parts[-1])
            last = "kernel" if last == "depthwise_kernel" else last
            owner = next(paths[part] for part in reversed(parts[:-1]) if part in paths)
            weights.append([f"{owner}/{last}", weight["shape"], digest(values)])
        if rest:
            raise ValueError("too many bytes")
    if any(shard != SHARD for shard in shards):
        raise ValueError("another file")
    return {"weights": sorted(weights)}

"""Converts a checkpoint of an old PyTorch (`torch.save` before 1.6: no zip archive) to safetensors.

    python3 scripts/th-to-safetensors.py resnet20-12fca82f.th resnet20.safetensors

Needs Python 3.8 or later and nothing else. Takes the tensors of `state_dict`, or of the whole file if it has none; names stay
as they are. The file is a sequence of pickles followed by the raw bytes of every storage; only the handful of names that a
checkpoint of tensors needs are loaded from it, so that a file from elsewhere cannot run code.
"""

import collections
import json
import pickle
import struct
import sys

MAGIC = 0x1950A86A20F9469CFC6C
# PyTorch's storage -> safetensors' element type, bytes of an element
STORAGES = {
    "DoubleStorage": ("F64", 8),
    "FloatStorage": ("F32", 4),
    "HalfStorage": ("F16", 2),
    "BFloat16Storage": ("BF16", 2),
    "LongStorage": ("I64", 8),
    "IntStorage": ("I32", 4),
    "ShortStorage": ("I16", 2),
    "CharStorage": ("I8", 1),
    "ByteStorage": ("U8", 1),
    "BoolStorage": ("BOOL", 1),
}


class Storage:
    """The numbers of one or more tensors; `data` is read after the pickles."""

    def __init__(self, kind, size):
        self.kind, self.size, self.data = kind, size, None


class Tensor:
    """A tensor as a view into a storage."""

    def __init__(self, storage, offset, shape, strides):
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides


def rebuild(storage, offset, shape, strides, *_):
    return Tensor(storage, offset, tuple(shape), tuple(strides))


class Unpickler(pickle.Unpickler):
    def __init__(self, file, storages):
        super().__init__(file)
        self.storages = storages

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch" and name in STORAGES:
            return name
        if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
            return rebuild
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda data, *_: data
        raise SystemExit(f"expected a checkpoint of tensors, got the name {module}.{name} in it")

    def persistent_load(self, saved):
        kind, storage, key, _, size, view = saved
        if kind != "storage" or view is not None:
            raise SystemExit(f"expected plain storages, got {kind} {view}")
        return self.storages.setdefault(key, Storage(storage, size))


def read(path):
    with open(path, "rb") as file:
        storages = {}
        try:
            magic = Unpickler(file, storages).load()
        except pickle.UnpicklingError:
            magic = None
        if magic != MAGIC:
            raise SystemExit(f"{path}: expected a file of torch.save before PyTorch 1.6, got another kind of file")
        version, system = Unpickler(file, storages).load(), Unpickler(file, storages).load()
        if version != 1001 or not system["little_endian"]:
            raise SystemExit(f"{path}: expected version 1001, little-endian, got {version}, {system}")
        saved = Unpickler(file, storages).load()
        for key in Unpickler(file, storages).load():
            (size,) = struct.unpack("<q", file.read(8))
            width = STORAGES[storages[key].kind][1]
            data = file.read(size * width)
            if size != storages[key].size or len(data) != size * width:
                raise SystemExit(f"{path}: the storage {key} is cut short")
            storages[key].data = data
        return saved


def contiguous(tensor):
    step = 1
    for length, stride in zip(reversed(tensor.shape), reversed(tensor.strides)):
        if length != 1 and stride != step:
            return False
        step *= length
    return True


def main(source, target):
    saved = read(source)
    tensors = saved.get("state_dict", saved)
    others = [name for name, value in tensors.items() if not isinstance(value, Tensor)]
    if others:
        raise SystemExit(f"{source}: expected tensors, got {', '.join(map(str, others[:5]))}")
    header, body = {}, []
    end = 0
    for name, tensor in tensors.items():
        if not contiguous(tensor):
            raise SystemExit(f"{source}: {name}: expected a contiguous tensor, got strides {tensor.strides}")
        dtype, width = STORAGES[tensor.storage.kind]
        count = 1
        for length in tensor.shape:
            count *= length
        data = tensor.storage.data[tensor.offset * width : (tensor.offset + count) * width]
        header[name] = {"dtype": dtype, "shape": tensor.shape, "data_offsets": [end, end + len(data)]}
        end += len(data)
        body.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(target, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(body))
    passed = [name for name in saved if saved is not tensors and name != "state_dict"]
    more = f"; passed over: {', '.join(map(str, passed))}" if passed else ""
    print(f"{target}: {len(tensors)} tensors of {source}{more}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: python3 scripts/th-to-safetensors.py FILE.th FILE.safetensors")
    main(sys.argv[1], sys.argv[2])

"""Python's protobuf and json, for scripts/fuzz/onnx.mjs: the description in the metadata of an ONNX file.

The message is described here with its metadata only, so that graphs, which our reader leaves to ONNX Runtime, are
unknown fields to both.
"""

import importlib.util
import os

import google.protobuf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

path = os.path.join(os.path.dirname(__file__), "json.oracle.py")
spec = importlib.util.spec_from_file_location("json_oracle", path)
json_oracle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(json_oracle)

OPTIONAL, REPEATED = 1, 3
BYTES, MESSAGE = 12, 11
file = descriptor_pb2.FileDescriptorProto(name="metadata.proto", package="metadata")
entry = file.message_type.add(name="Entry")
entry.field.add(name="key", number=1, type=BYTES, label=OPTIONAL)
entry.field.add(name="value", number=2, type=BYTES, label=OPTIONAL)
model = file.message_type.add(name="Model")
model.field.add(name="metadata_props", number=14, type=MESSAGE, label=REPEATED, type_name=".metadata.Entry")
pool = descriptor_pool.DescriptorPool()
pool.Add(file)
Model = message_factory.GetMessageClass(pool.FindMessageTypeByName("metadata.Model"))


def version():
    return f"{google.protobuf.__version__} and {json_oracle.version()}"


def read(data):
    entries = [(each.key.decode(), each.value.decode()) for each in Model.FromString(data).metadata_props]
    (description,) = [value for key, value in entries if key == "dmnn"]
    return json_oracle.read(description)

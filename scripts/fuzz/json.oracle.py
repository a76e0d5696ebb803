"""Python's json, for scripts/fuzz/json.mjs: duplicate keys are an error, and numbers are the bits of a 64-bit float."""

import json
import platform
import struct


def version():
    return platform.python_version()


def unique(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError("duplicate key")
    return dict(pairs)


def canonical(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        return {"number": struct.pack(">d", value).hex()}
    if isinstance(value, list):
        return [canonical(each) for each in value]
    # sorted by UTF-16 code units, as JavaScript compares
    entries = sorted(value.items(), key=lambda entry: entry[0].encode("utf-16-be", "surrogatepass"))
    return {"object": [[name, canonical(each)] for name, each in entries]}


def read(data):
    return canonical(json.loads(data, object_pairs_hook=unique, parse_int=float))

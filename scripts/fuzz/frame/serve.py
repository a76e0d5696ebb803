"""Serves an independent reader: python3 serve.py MODULE.py

Reads files from standard input, one a line in base64, and answers each with a line of JSON: {"value": …} as
`read(data)` of the module returns it, or {"refused": "…"} if it raises. The first line is {"version": "…"}.
"""

import base64
import importlib.util
import json
import os
import sys


def load(path):
    spec = importlib.util.spec_from_file_location("independent_reader", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    # what libraries print goes elsewhere
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        reader = load(sys.argv[1])
    except ImportError as error:
        print(json.dumps({"missing": f"{error.name or error} is missing"}), file=answers, flush=True)
        return
    print(json.dumps({"version": reader.version()}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            answer = json.dumps({"value": reader.read(base64.b64decode(line))})
        except Exception as error:
            answer = json.dumps({"refused": f"{type(error).__name__}: {error}"[:300]})
        print(answer, file=answers, flush=True)


if __name__ == "__main__":
    main()

"""Runs ONNX files in OpenVINO and compares them: python check-openvino.py EXPECTED.json FILE.onnx...

EXPECTED.json: {"shape": [1, C, H, W], "images": [{"image": [...], "logits": [...], "gates": [[...]], "logOdds": [[...]],
"stage": ...}]}, images in the order [C, H, W]; stage only for a file of stages. Gates must be equal, unless log-odds are within 1e-5 of 0, and logits within 1e-5 of the
largest. Prints a line for each file, and exits with 1 if one cannot be loaded or differs.
"""

import json
import sys

import numpy as np
import openvino

TOLERANCE = 1e-5


def difference(outputs, expected):
    """A text if they differ, a number if not, None if rounding decides a gate."""
    gates = outputs.get("gates")
    for block, (row, odds) in enumerate(zip(expected["gates"], expected["logOdds"])):
        for sub_block, (gate, log_odds) in enumerate(zip(row, odds)):
            if bool(gates[block][sub_block]) != gate:
                if abs(log_odds) <= TOLERANCE * max(1, *map(abs, odds)):
                    return None
                return f"gate {sub_block} of block {block} differs, log-odds {log_odds}"
    if "stage" in expected and int(outputs["stage"]) != expected["stage"]:
        return f"stops at stage {int(outputs['stage'])}, not {expected['stage']}"
    wanted = np.asarray(expected["logits"])
    largest = np.abs(wanted).max() or 1
    worst = np.abs(outputs["logits"][0] - wanted).max() / largest
    return float(worst) if worst <= TOLERANCE else f"logits differ by {worst:.1e} of the largest"


def check(core, path, expected):
    model = core.compile_model(core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = []
    for one in expected["images"]:
        image = np.asarray(one["image"], np.float32).reshape(expected["shape"])
        outputs = {port.any_name: value for port, value in model([image]).items()}
        found.append(difference(outputs, one))
    texts = [each for each in found if isinstance(each, str)]
    if texts:
        return texts[0], False
    numbers = [each for each in found if each is not None]
    return f"{len(numbers)} images within {max(numbers, default=0):.1e} of the largest", len(numbers) > 0


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        expected = json.load(file)
    core = openvino.Core()
    failures = 0
    for path in sys.argv[2:]:
        try:
            text, ok = check(core, path, expected)
        except Exception as error:
            text, ok = f"cannot be loaded: {str(error)[:600]}", False
        failures += not ok
        print(f"{'ok    ' if ok else 'FAILED'} {path}: {text}")
    sys.exit(1 if failures else 0)


main()

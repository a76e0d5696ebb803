"""The side of OpenVINO of engine-openvino.mjs: python engine-openvino.py FOLDER

FOLDER has calibration.f32, images.f32 (NHWC), ours-{f32,bf16,int8}.f32, network.onnx, settings.json.
"""

import json
import sys
from pathlib import Path

import numpy as np
import openvino
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

FOLDER = Path(sys.argv[1])
SETTINGS = json.loads((FOLDER / "settings.json").read_text(encoding="utf-8"))
SIDE, CLASSES = SETTINGS["imageSizePx"], SETTINGS["classes"]


def images(name):
    flat = np.fromfile(FOLDER / name, np.float32).reshape(-1, SIDE, SIDE, 3)
    return np.ascontiguousarray(flat.transpose(0, 3, 1, 2))


class Calibration(CalibrationDataReader):
    def __init__(self, name):
        self.rest = iter([{name: image[None]} for image in images("calibration.f32")])

    def get_next(self):
        return next(self.rest, None)


def quantised():
    """The same network with QuantizeLinear and DequantizeLinear around its convolutions."""
    source, ready, target = (str(FOLDER / name) for name in ("network.onnx", "ready.onnx", "int8.onnx"))
    quant_pre_process(source, ready, skip_symbolic_shape=True)  # all shapes are fixed
    name = openvino.Core().read_model(source).inputs[0].any_name
    quantize_static(
        ready,
        target,
        Calibration(name),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        op_types_to_quantize=["Conv", "Add", "GlobalAveragePool"],
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.Percentile,
        extra_options={"CalibPercentile": SETTINGS["percentile"]},
    )
    return target


def run(path, hint):
    core = openvino.Core()
    model = core.compile_model(core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": hint})
    port = next(port for port in model.outputs if port.any_name == "logits")
    return np.concatenate([model([image[None]])[port] for image in images("images.f32")])


def ours(precision):
    return np.fromfile(FOLDER / f"ours-{precision}.f32", np.float32).reshape(-1, CLASSES)


def distance(a, b, largest):
    """Root mean square over images and classes, in units of the mean largest logit."""
    return float(np.sqrt(((a - b) ** 2).mean()) / largest)


def main():
    labels = np.asarray(SETTINGS["labels"])
    file = str(FOLDER / "network.onnx")
    exact = run(file, "f32")
    largest = np.abs(exact).max(axis=1).mean()
    error = lambda logits: f"{100 * (logits.argmax(1) != labels).mean():.2f} %"
    agree = lambda a, b: f"{100 * (a.argmax(1) == b.argmax(1)).mean():.1f} %"
    print(f"f32: ours and OpenVINO's differ by {distance(ours('f32'), exact, largest):.1e}; error {error(exact)}")
    failed = False
    for precision, path in (("bf16", file), ("int8", quantised())):
        theirs = run(path, "bf16" if precision == "bf16" else "f32")
        apart = distance(ours(precision), theirs, largest)
        own = distance(ours(precision), exact, largest)
        other = distance(theirs, exact, largest)
        print(
            f"{precision}: from f32: ours {own:.4f}, OpenVINO's {other:.4f}; ours from OpenVINO's {apart:.4f}; "
            f"error: ours {error(ours(precision))}, OpenVINO's {error(theirs)}; "
            f"same class as f32: ours {agree(ours(precision), exact)}, OpenVINO's {agree(theirs, exact)}"
        )
        # two independent roundings of the same size are apart by √2 of it
        failed |= own > 1.1 * other or apart > 1.5 * max(own, other)
    sys.exit(1 if failed else 0)


main()

"""OpenVINO's inference of a network that we export, one image at a time, the logits read back.

For int8 the file first goes through onnxruntime's quantiser, on eight random images; what stays in floats has the precision
that OpenVINO takes by itself.
"""

import os
import subprocess
import tempfile
import time

import numpy
import openvino
from conversation import converse, given_settings

given = given_settings()
size, steps = given["imageSizePx"], given["stepsPerMeasurement"]
precision = given["precision"]


def quantised(source, folder):
    """The same network with QuantizeLinear and DequantizeLinear around what OpenVINO computes in 8 bits."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    random = numpy.random.default_rng(2)
    name = core.read_model(source).inputs[0].any_name

    class Calibration(CalibrationDataReader):
        rest = 8

        def get_next(self):
            if self.rest == 0:
                return None
            self.rest -= 1
            return {name: random.standard_normal((1, 3, size, size), dtype=numpy.float32)}

    ready, target = (os.path.join(folder, name) for name in ("ready.onnx", "int8.onnx"))
    quant_pre_process(source, ready, skip_symbolic_shape=True)  # all shapes are fixed
    quantize_static(
        ready,
        target,
        Calibration(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        op_types_to_quantize=["Conv", "Add", "MaxPool", "GlobalAveragePool", "Gemm", "MatMul"],
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    return target


with tempfile.TemporaryDirectory() as folder:
    file = os.path.join(folder, "network.onnx")
    export = os.path.join(os.path.dirname(os.path.abspath(__file__)), "export.mjs")
    subprocess.run([given["node"], export, given["model"], str(given["classes"]), str(size), file], check=True)
    core = openvino.Core()
    model = core.read_model(quantised(file, folder) if precision == "int8" else file)
    model.reshape([1, 3, size, size])
    options = {"INFERENCE_NUM_THREADS": given["threads"], "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
    if precision != "int8":
        options["INFERENCE_PRECISION_HINT"] = precision
    compiled = core.compile_model(model, "CPU", options)

request = compiled.create_infer_request()
image = numpy.random.default_rng(1).standard_normal((1, 3, size, size), dtype=numpy.float32)


def measure():
    began = time.perf_counter()
    for _ in range(steps):
        request.infer({0: image})
        request.get_output_tensor(0).data.tolist()
    return 1000 * (time.perf_counter() - began) / steps


hint = str(compiled.get_property("INFERENCE_PRECISION_HINT"))
converse(
    given["warmUp"],
    measure,
    openvino=openvino.__version__,
    precision=f"int8, the rest {hint}" if precision == "int8" else hint,
    threads=given["threads"],
)

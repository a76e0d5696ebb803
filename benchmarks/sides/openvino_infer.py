"""OpenVINO's inference of a network that we export, one image at a time, the logits read back."""

import os
import subprocess
import tempfile
import time

import numpy
import openvino
from conversation import converse, given_settings

given = given_settings()
size, steps = given["imageSizePx"], given["stepsPerMeasurement"]

with tempfile.TemporaryDirectory() as folder:
    file = os.path.join(folder, "network.onnx")
    export = os.path.join(os.path.dirname(os.path.abspath(__file__)), "export.mjs")
    subprocess.run([given["node"], export, given["model"], str(given["classes"]), str(size), file], check=True)
    core = openvino.Core()
    model = core.read_model(file)
    model.reshape([1, 3, size, size])
    compiled = core.compile_model(
        model,
        "CPU",
        {
            "INFERENCE_NUM_THREADS": given["threads"],
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": given["precision"],
        },
    )

request = compiled.create_infer_request()
image = numpy.random.default_rng(1).standard_normal((1, 3, size, size), dtype=numpy.float32)


def measure():
    began = time.perf_counter()
    for _ in range(steps):
        request.infer({0: image})
        request.get_output_tensor(0).data.tolist()
    return 1000 * (time.perf_counter() - began) / steps


converse(
    given["warmUp"],
    measure,
    openvino=openvino.__version__,
    precision=str(compiled.get_property("INFERENCE_PRECISION_HINT")),
    threads=given["threads"],
)

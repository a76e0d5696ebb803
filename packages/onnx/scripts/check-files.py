"""Holds ONNX files against onnx.checker and strict shape inference: python check-files.py FILE..."""
import sys

import onnx

for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    for output in inferred.graph.output:
        shape = [d.dim_param or d.dim_value for d in output.type.tensor_type.shape.dim]
        print(path, output.name, output.type.tensor_type.elem_type, shape)

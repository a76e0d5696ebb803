"""Makes models of keras.applications with arbitrary weights, in every form that can be imported, and their logits.

    python3 -m venv venv && venv/bin/pip install keras==3.15.1 jax==0.10.2 h5py numpy
    venv/bin/python scripts/keras-models.py FOLDER [CASE…]
    node ../dmnn/scripts/check-keras-models.mjs FOLDER

The second command, after a build, imports every file and compares the logits. Batch norms get arbitrary statistics, since
those of a new model (mean 0, variance 1) hide mistakes. `model.json` is written here by the documented form of
TensorFlow.js, which has no converter of Keras 3 itself.

Keras's MobileNetV2 puts zeros around a map by layers of their own, whose sizes it chooses for the size of image that the
model is made for: cases with a size are made for it, `any` is made for any size, which is as for an even one.
"""

import json
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras  # noqa: E402
import numpy as np  # noqa: E402

APPLICATIONS = {
    "resnet50": (keras.applications.ResNet50, {}),
    "resnet101": (keras.applications.ResNet101, {}),
    "resnet152": (keras.applications.ResNet152, {}),
    "mobilenetv2": (keras.applications.MobileNetV2, {}),
    "mobilenetv2-035": (keras.applications.MobileNetV2, {"alpha": 0.35}),
    "mobilenetv2-05": (keras.applications.MobileNetV2, {"alpha": 0.5}),
    "mobilenetv2-075": (keras.applications.MobileNetV2, {"alpha": 0.75}),
    "mobilenetv2-13": (keras.applications.MobileNetV2, {"alpha": 1.3}),
    "mobilenetv2-14": (keras.applications.MobileNetV2, {"alpha": 1.4}),
}
CASES = [
    ("resnet50", 224, 1000, [224]),
    ("resnet50", None, 10, [224, 191]),
    ("mobilenetv2", 224, 1000, [224]),
    ("mobilenetv2", 191, 10, [191]),
    ("mobilenetv2", None, 10, [224, 191, 197]),
    ("mobilenetv2-035", 96, 7, [96]),
    ("mobilenetv2-05", None, 7, [128, 97]),
    ("mobilenetv2-075", 160, 7, [160]),
    ("mobilenetv2-13", None, 5, [224, 161]),
    ("mobilenetv2-14", 197, 5, [197]),
    ("resnet101", None, 10, [224, 161]),
    ("resnet152", None, 10, [224, 161]),
]


def fill(model, seed):
    """Arbitrary weights, of a size at which neither logits nor maps vanish."""
    random = np.random.default_rng(seed)
    for layer in model.layers:
        weights = []
        for variable, value in zip(layer.weights, layer.get_weights()):
            name, shape = variable.path.split("/")[-1], value.shape
            if "kernel" in name:
                fan_in = np.prod(shape[:-1]) if "depthwise" not in variable.path else np.prod(shape[:2])
                value = random.normal(0, np.sqrt(2 / fan_in), shape)
            elif name in ("gamma", "moving_variance"):
                value = random.uniform(0.5, 1.5, shape)
            else:
                value = random.normal(0, 0.2, shape)
            weights.append(value.astype("float32"))
        layer.set_weights(weights)


def write_model_json(model, folder, quantize=None):
    """Two groups, of which the first is in two files."""
    os.makedirs(folder, exist_ok=True)
    groups = []
    halves = np.array_split(np.array(model.layers, dtype=object), 2)
    for g, layers in enumerate(halves):
        entries, data = [], b""
        for layer in layers:
            for variable, value in zip(layer.weights, layer.get_weights()):
                entry = {
                    "name": f"{layer.name}/{variable.path.split('/')[-1]}",
                    "shape": list(value.shape),
                    "dtype": "float32",
                }
                if quantize == "float16":
                    value = value.astype("float16")
                    entry["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
                entries.append(entry)
                data += value.tobytes()
        cut = len(data) // 2 + 1 if g == 0 else len(data)
        parts = [part for part in (data[:cut], data[cut:]) if part]
        names = [f"group{g + 1}-shard{i + 1}of{len(parts)}.bin" for i in range(len(parts))]
        for name, part in zip(names, parts):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(part)
        groups.append({"paths": names, "weights": entries})
    topology = {
        "keras_version": keras.__version__,
        "backend": "jax",
        "model_config": json.loads(model.to_json()),
    }
    document = {"format": "layers-model", "modelTopology": topology, "weightsManifest": groups}
    with open(os.path.join(folder, "model.json"), "w") as file:
        json.dump(document, file)


def logits_of(model, images):
    """Before the softmax."""
    last = model.layers[-1]
    features = keras.Model(model.inputs, last.input)(images)
    kernel, bias = last.get_weights()
    return np.asarray(features) @ kernel + bias


def main(folder, wanted):
    os.makedirs(folder, exist_ok=True)
    for case, (name, size, classes, sizes) in enumerate(CASES):
        title = f"{name}-{size or 'any'}"
        if wanted and title not in wanted:
            continue
        keras.backend.clear_session()
        build, options = APPLICATIONS[name]
        if size:
            model = build(weights=None, input_shape=(size, size, 3), classes=classes, **options)
        else:
            base = build(weights=None, include_top=False, pooling="avg", input_shape=(None, None, 3), **options)
            outputs = keras.layers.Dense(classes, activation="softmax")(base.output)
            model = keras.Model(base.inputs, outputs, name=base.name)
        fill(model, case)
        path = os.path.join(folder, title)
        model.save(f"{path}.keras")
        model.save(f"{path}.h5")
        write_model_json(model, f"{path}.tfjs")
        random = np.random.default_rng(100 + case)
        record = {"classes": classes, "images": []}
        for side in sizes:
            images = random.uniform(0, 255, (2, side, side, 3)).astype("float32")
            module = keras.applications.mobilenet_v2 if "mobilenet" in name else keras.applications.resnet
            logits = logits_of(model, module.preprocess_input(images.copy()))
            images.tofile(f"{path}.images{side}.f32")
            record["images"].append({"sizePx": side, "logits": logits.astype("float64").tolist()})
        with open(f"{path}.logits.json", "w") as file:
            json.dump(record, file)
        print(title, model.count_params(), flush=True)


main(sys.argv[1], sys.argv[2:])

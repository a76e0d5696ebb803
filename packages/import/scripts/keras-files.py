"""Writes src/keras/fixtures/keras-files.json: small models of Keras with arbitrary weights in every form, and their logits.

    venv/bin/python scripts/keras-files.py        # venv as for scripts/keras-models.py

Weights are multiples of 1/64, which compress. The image is that of `image_of`, in pixels from 0 to 255. Keras 2 is no longer
to be had without TensorFlow: its file is made here by its documented layout, from a configuration in its form.
"""

import base64
import io
import json
import os
import sys
import tempfile
import zlib

os.environ.setdefault("KERAS_BACKEND", "jax")

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "src", "keras", "fixtures", "keras-files.json")


def image_of(side):
    """Whole numbers from 0 to 255, as in src/keras/fixtures/keras-files.ts."""
    index = np.arange(side * side * 3, dtype="uint32")
    return ((index * np.uint32(2654435761)) >> np.uint32(24)).astype("float32").reshape(1, side, side, 3)


def fill(model, seed):
    random = np.random.default_rng(seed)
    for layer in model.layers:
        weights = []
        for variable, value in zip(layer.weights, layer.get_weights()):
            name, shape = variable.path.split("/")[-1], value.shape
            if "kernel" in name:
                depthwise = isinstance(layer, layers.DepthwiseConv2D)
                fan_in = np.prod(shape[:2]) if depthwise else np.prod(shape[:-1])
                value = random.normal(0, np.sqrt(2 / fan_in), shape)
            elif name in ("gamma", "moving_variance"):
                value = random.uniform(0.5, 1.5, shape)
            else:
                value = random.normal(0, 0.2, shape)
            weights.append((np.round(value * 64) / 64).astype("float32"))
        layer.set_weights(weights)


def small_resnet():
    """The blocks of keras.applications.ResNet50, by their names, of 4 and 8 channels."""

    def conv_bn(x, filters, kernel, stride, name, padding="valid"):
        x = layers.Conv2D(filters, kernel, strides=stride, padding=padding, name=f"{name}_conv")(x)
        return layers.BatchNormalization(axis=3, epsilon=1.001e-5, name=f"{name}_bn")(x)

    def block(x, filters, stride, projection, name):
        shortcut = conv_bn(x, 4 * filters, 1, stride, f"{name}_0") if projection else x
        x = layers.Activation("relu", name=f"{name}_1_relu")(conv_bn(x, filters, 1, stride, f"{name}_1"))
        x = layers.Activation("relu", name=f"{name}_2_relu")(conv_bn(x, filters, 3, 1, f"{name}_2", "same"))
        x = layers.Add(name=f"{name}_add")([shortcut, conv_bn(x, 4 * filters, 1, 1, f"{name}_3")])
        return layers.Activation("relu", name=f"{name}_out")(x)

    image = layers.Input((35, 35, 3), name="input_1")
    x = layers.ZeroPadding2D(((3, 3), (3, 3)), name="conv1_pad")(image)
    x = layers.Activation("relu", name="conv1_relu")(conv_bn(x, 8, 7, 2, "conv1"))
    x = layers.ZeroPadding2D(((1, 1), (1, 1)), name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    x = block(x, 4, 1, True, "conv2_block1")
    x = block(x, 4, 1, False, "conv2_block2")
    x = block(x, 6, 2, True, "conv3_block1")
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    return keras.Model(image, layers.Dense(5, activation="softmax", name="predictions")(x), name="resnet50")


def small_mobilenet(side):
    return keras.applications.MobileNetV2(
        input_shape=(side, side, 3), alpha=0.05, weights=None, classes=3, name="mobilenetv2_small"
    )


def nested(base):
    """As transfer learning has it: a model in a model, and the image scaled in front."""
    image = layers.Input((35, 35, 3), name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(image)
    inner = keras.Model(base.input, base.get_layer("avg_pool").output, name="base")
    x = layers.Dense(4, name="classes")(layers.Dropout(0.3, name="drop")(inner(x)))
    return keras.Model(image, x, name="transfer")


def logits_of(model, images):
    last = model.layers[-1]
    features = np.asarray(keras.Model(model.inputs, last.input)(images), dtype="float64")
    kernel, bias = last.get_weights()
    return (features @ kernel.astype("float64") + bias).ravel().tolist()


def packed(data):
    return base64.b64encode(zlib.compress(data, 9)).decode()


def saved(model, ending):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"model.{ending}")
        model.save(path)
        with open(path, "rb") as file:
            return packed(file.read())


def weights_of(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from weights_of(layer)
            continue
        for variable, value in zip(layer.weights, layer.get_weights()):
            yield layer, variable.path.split("/")[-1], value


def layers_model(model, config, how="float32"):
    """model.json and one file, with weights as they are, or quantised as TensorFlow.js's converter does."""
    entries, data = [], b""
    for layer, name, value in weights_of(model):
        entry = {"name": f"{layer.name}/{name}", "shape": list(value.shape), "dtype": "float32"}
        if how == "float16":
            value = value.astype("float16")
            entry["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
        elif how != "float32":
            low, high = float(value.min()), float(value.max())
            most = 255 if how == "uint8" else 65535
            scale = (high - low) / most or 1.0
            value = np.round((value - low) / scale).astype(how)
            entry["quantization"] = {"dtype": how, "scale": scale, "min": low, "original_dtype": "float32"}
        entries.append(entry)
        data += value.tobytes()
    document = {
        "format": "layers-model",
        "generatedBy": "keras",
        "modelTopology": {"keras_version": "2.13.1", "backend": "tensorflow", "model_config": config},
        "weightsManifest": [{"paths": ["group1-shard1of1.bin"], "weights": entries}],
    }
    return {"json": packed(json.dumps(document).encode()), "shards": {"group1-shard1of1.bin": packed(data)}}


def dequantised(model, how):
    """The model with the weights that its quantised file has."""
    for layer in model.layers:
        weights = []
        for value in layer.get_weights():
            low, high = float(value.min()), float(value.max())
            most = 255 if how == "uint8" else 65535
            scale = (high - low) / most or 1.0
            weights.append((np.round((value - low) / scale) * scale + low).astype("float32"))
        layer.set_weights(weights)


def keras2_config(model):
    """The configuration as tf.keras 2.13 writes it."""
    found = []
    for layer in model.layers:
        config = {k: v for k, v in layer.get_config().items() if not isinstance(v, (dict, tuple)) or k in ("padding",)}
        for key in ("kernel_size", "strides", "pool_size", "dilation_rate"):
            if key in layer.get_config():
                config[key] = list(np.atleast_1d(layer.get_config()[key]).tolist())
        config["dtype"] = "float32"
        if isinstance(layer, layers.InputLayer):
            config = {"batch_input_shape": [None, *layer.batch_shape[1:]], "dtype": "float32", "sparse": False, "ragged": False, "name": layer.name}
        if isinstance(layer, layers.BatchNormalization):
            config["axis"] = [3]
        inputs = []
        for node in layer._inbound_nodes:
            inputs += [[[t._keras_history.operation.name, 0, 0, {}] for t in node.input_tensors]] if node.input_tensors else []
        found.append({"class_name": type(layer).__name__, "config": config, "name": layer.name, "inbound_nodes": inputs})
    return {
        "class_name": "Functional",
        "config": {
            "name": model.name,
            "trainable": True,
            "layers": found,
            "input_layers": [[model.layers[0].name, 0, 0]],
            "output_layers": [[model.layers[-1].name, 0, 0]],
        },
    }


def keras2_h5(model, dtype="float32"):
    """Groups of layers, in them the names of their weights, by Keras 2's hdf5_format."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["keras_version"] = b"2.13.1"
        file.attrs["backend"] = b"tensorflow"
        file.attrs["model_config"] = json.dumps(keras2_config(model))
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            own = group.create_group(layer.name)
            names = [f"{layer.name}/{variable.path.split('/')[-1]}:0" for variable in layer.weights]
            own.attrs["weight_names"] = [name.encode() for name in names]
            for name, value in zip(names, layer.get_weights()):
                own.create_dataset(name, data=value.astype(dtype))
        file.create_group("optimizer_weights").create_dataset("Adam/iter:0", data=np.int64(3))
    return packed(buffer.getvalue())


def main():
    files, record = {}, {}

    def add(name, model, side, prepare, file):
        image = prepare(image_of(side).copy())
        record[name] = {"sizePx": side, "logits": logits_of(model, image), "file": file}

    caffe = keras.applications.resnet.preprocess_input
    tf = keras.applications.mobilenet_v2.preprocess_input
    resnet = small_resnet()
    fill(resnet, 1)
    add("resnet keras", resnet, 35, caffe, {"bytes": saved(resnet, "keras")})
    add("resnet h5", resnet, 35, caffe, {"bytes": saved(resnet, "h5")})
    add("resnet h5 of keras 2", resnet, 35, caffe, {"bytes": keras2_h5(resnet)})
    add("resnet h5 of halves", resnet, 35, caffe, {"bytes": keras2_h5(resnet, "float16")})
    add("resnet json", resnet, 35, caffe, layers_model(resnet, json.loads(resnet.to_json())))
    add("resnet json of keras 2", resnet, 35, caffe, layers_model(resnet, keras2_config(resnet)))
    add("resnet json of halves", resnet, 35, caffe, layers_model(resnet, keras2_config(resnet), "float16"))
    for how in ("uint8", "uint16"):
        quantised = small_resnet()
        fill(quantised, 1)
        file = layers_model(quantised, keras2_config(quantised), how)
        dequantised(quantised, how)
        add(f"resnet json of {how}", quantised, 35, caffe, file)
    for side in (33, 32):
        mobile = small_mobilenet(side)
        fill(mobile, side)
        add(f"mobilenet {side} json", mobile, side, tf, layers_model(mobile, json.loads(mobile.to_json())))
    base = small_resnet()
    transfer = nested(base)
    fill(base, 5)
    transfer.layers[-1].set_weights([np.arange(w.size).reshape(w.shape) % 7 / 8 - 0.25 for w in transfer.layers[-1].get_weights()])
    for ending in ("keras", "h5"):
        add(f"transfer {ending}", transfer, 35, lambda x: x, {"bytes": saved(transfer, ending)})
    versions = {"keras": keras.__version__, "h5py": h5py.__version__, "numpy": np.__version__}
    with open(OUT, "w") as file:
        json.dump({"versions": versions, "models": record}, file, indent=1)
        file.write("\n")
    print(os.path.getsize(OUT), {name: each["logits"][:3] for name, each in record.items()})


main()

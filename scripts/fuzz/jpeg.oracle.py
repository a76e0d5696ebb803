"""Pillow, for scripts/fuzz/jpeg.mjs: `exif_transpose(image).convert('RGB')`, as size and digest."""

import hashlib
import io
import warnings

from PIL import Image, ImageOps, __version__

warnings.simplefilter("ignore")
Image.MAX_IMAGE_PIXELS = 178_956_970 // 2  # twice as many are refused


def version():
    return __version__


def read(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    try:
        image = ImageOps.exif_transpose(image)
    except Exception:
        pass  # EXIF data that are damaged do not turn the image
    size = {"widthPx": image.width, "heightPx": image.height}
    if image.width * image.height > 2**24:
        return {**size, "digest": ""}
    return {**size, "digest": hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()}

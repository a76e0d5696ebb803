"""Python's tarfile, for scripts/fuzz/tar.mjs: the images of an archive, with their classes, by the rules of tar-labels.ts.

Only archives that our reader accepts are compared, and it refuses what readers take for different things.
"""

import hashlib
import io
import json
import pathlib
import platform
import posixpath
import re
import tarfile

ROOT = pathlib.Path(__file__).parents[2]
SOURCE = (ROOT / "packages/categories/src/imagenet-classes.generated.ts").read_text()
CLASSES = {wnid: label for label, wnid in enumerate(dict.fromkeys(re.findall(r"\bn\d{8}\b", SOURCE)))}
assert len(CLASSES) == 1000 and CLASSES["n01440764"] == 0 and CLASSES["n15075141"] == 999
IMAGES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif")


class Info(tarfile.TarInfo):
    """Without tarfile's slip: GNU's headers have times where POSIX's have the start of a long name."""

    @classmethod
    def frombuf(cls, buf, encoding, errors):
        info = super().frombuf(buf, encoding, errors)
        if buf[257:263] == b"ustar " and info.type not in tarfile.GNU_TYPES:
            info.name = tarfile.nts(buf[:100], encoding, errors)
            if info.isdir():
                info.name = info.name.rstrip("/")
        return info


def version():
    return platform.python_version()


def plain(path):
    path = posixpath.normpath(path).lstrip("/")
    if any("\udc80" <= character <= "\udcff" for character in path):
        raw = path.encode("utf-8", "surrogateescape")
        return "".join(chr(byte) if byte < 0x80 else "\\x%x" % byte for byte in raw)
    return path


def hidden(name):
    return (name.startswith(".") and name != "..") or name in ("__MACOSX", "@eaDir")


def extension(path):
    return posixpath.splitext(path.rstrip("/"))[1].lower()


def number(text):
    text = text.strip()
    return CLASSES[text] if text in CLASSES else int(text)


def read(data):
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:", tarinfo=Info) as archive:
        members = {plain(info.name): info for info in archive if not info.isdir()}

        def content(info):
            return archive.extractfile(info).read()

        def label(path):
            folder, name = posixpath.split(path)
            parts = name.split(".")
            for end in range(len(parts) - 1, 0, -1):
                stem = posixpath.join(folder, ".".join(parts[:end]))
                if not ".".join(parts[:end]):
                    break
                present = [stem + ending for ending in (".cls", ".json", ".CLS", ".JSON") if stem + ending in members]
                for file in present:
                    text = content(members[file]).decode("utf-8", "replace")
                    if file.lower().endswith(".cls"):
                        return number(text)
                    value = json.loads(text)
                    if isinstance(value, dict) and "label" in value:
                        return number(str(value["label"]))
                if present:
                    break
            for part in [name, *folder.split("/")]:
                match = re.match(r"n\d{8}(?!\d)", part)
                if match and match[0] in CLASSES:
                    return CLASSES[match[0]]
            raise ValueError("no class")

        images = []
        for path, info in members.items():
            if any(hidden(part) for part in path.split("/")) or extension(path) not in IMAGES:
                continue
            images.append([path, hashlib.sha256(content(info)).hexdigest(), label(path)])
        return {"images": images}

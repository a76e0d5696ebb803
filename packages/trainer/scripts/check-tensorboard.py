"""Reads a run's event file with TensorBoard and holds every scalar against metrics.jsonl.

    pip install tensorboard && python check-tensorboard.py RUN
"""
import json
import struct
import sys
from pathlib import Path

import tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

run = Path(sys.argv[1])


def scalars_under(tag, value):
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield tag, struct.unpack("f", struct.pack("f", value))[0]
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from scalars_under(f"{tag}/{key}", inner)
    elif isinstance(value, list):
        for key, inner in enumerate(value):
            yield from scalars_under(f"{tag}/{key}", inner)


expected = {}
for line in (run / "metrics.jsonl").read_text().splitlines():
    record = json.loads(line)
    for key, value in record.items():
        if key not in ("kind", "step", "epoch"):
            for tag, number in scalars_under(f"{record['kind']}/{key}", value):
                expected.setdefault(tag, []).append((record["step"], number))

accumulator = EventAccumulator(str(run), size_guidance={"scalars": 0})
accumulator.Reload()
found = {tag: [(event.step, event.value) for event in accumulator.Scalars(tag)] for tag in accumulator.Tags()["scalars"]}
problems = [tag for tag in expected.keys() | found.keys() if expected.get(tag) != found.get(tag)]
print(f"TensorBoard {tensorboard.__version__}: {len(found)} tags, {sum(map(len, found.values()))} scalars, {len(problems)} tags differ")
for tag in sorted(problems)[:10]:
    print(tag, (expected.get(tag) or [])[-2:], (found.get(tag) or [])[-2:])
sys.exit(1 if problems or not found else 0)

"""PyTorch's half of the conversation with the parent: `go N` on stdin, one line of JSON on stdout."""

import json
import platform
import sys

import torch


def settings():
    """What the parent asks for. Sets the number of threads, before anything has run."""
    given = json.loads(sys.argv[1])
    torch.set_num_threads(given["threads"])
    return given


def peak_bytes():
    """Most memory that this process has had resident."""
    try:
        with open("/proc/self/status") as status:
            return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak


def serve(warm_up, measure, **facts):
    """Warms up, and measures when asked; `measure` returns milliseconds per unit."""
    for _ in range(warm_up):
        measure()
    say(python=platform.python_version(), torch=torch.__version__, threads=torch.get_num_threads(), **facts)
    for line in sys.stdin:
        word, count = line.split()
        if word != "go":
            raise ValueError(f'stdin: expected "go N", got {line}')
        say(ms=[measure() for _ in range(int(count))], peakBytes=peak_bytes())


def say(**answer):
    print(json.dumps(answer), flush=True)

"""Python's half of the conversation with the parent: `go N` on stdin, one line of JSON on stdout."""

import json
import platform
import sys


def given_settings():
    """What the parent asks for."""
    return json.loads(sys.argv[1])


def peak_bytes():
    """Most memory that this process has had resident."""
    try:
        with open("/proc/self/status") as status:
            return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak


def converse(warm_up, measure, **facts):
    """Warms up, and measures when asked; `measure` returns milliseconds per unit."""
    for _ in range(warm_up):
        measure()
    say(python=platform.python_version(), **facts)
    for line in sys.stdin:
        word, count = line.split()
        if word != "go":
            raise ValueError(f'stdin: expected "go N", got {line}')
        say(ms=[measure() for _ in range(int(count))], peakBytes=peak_bytes())


def say(**answer):
    print(json.dumps(answer), flush=True)

"""PyTorch's half of the conversation with the parent."""

import torch
from conversation import converse, given_settings


def settings():
    """What the parent asks for. Sets the number of threads, before anything has run."""
    given = given_settings()
    torch.set_num_threads(given["threads"])
    return given


def serve(warm_up, measure, **facts):
    """Warms up, and measures when asked; `measure` returns milliseconds per unit."""
    converse(warm_up, measure, torch=torch.__version__, threads=torch.get_num_threads(), **facts)

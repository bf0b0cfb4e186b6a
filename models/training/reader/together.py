"""Several processes train one reader, each on batches of its own: on a CPU that is faster than threads in one process.

They meet once a step, to average what they learnt, and not in every operator.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import distributed


def run_together(processes: int, meeting: Path, work: Callable[[], None]) -> None:
    """Run `work` (picklable) in so many processes with a thread each; `meeting` is a file that must not exist yet."""
    if processes == 1:
        work()
        return
    torch.multiprocessing.spawn(_join, (processes, str(meeting), work), processes)
    meeting.unlink(missing_ok=True)


def _join(rank: int, processes: int, meeting: str, work: Callable[[], None]) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=processes)
    work()
    distributed.destroy_process_group()


def rank_here() -> int:
    """Which of the processes this is; 0 where there is one."""
    return int(distributed.get_rank()) if distributed.is_initialized() else 0


def average_gradients(reader: torch.nn.Module) -> None:
    """Over all processes; what no batch of one process touched counts as zero there."""
    if not distributed.is_initialized():
        return
    parameters = [parameter for parameter in reader.parameters() if parameter.requires_grad]
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    parts = flat.split([parameter.numel() for parameter in parameters])
    for parameter, part in zip(parameters, parts, strict=True):
        parameter.grad = part.view_as(parameter)

"""What processes have used: CPU of a whole tree of them, and the most memory that one held."""

import re
from pathlib import Path

import psutil


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, its living descendants, and the children that they have reaped.

    A child that ends between two calls moves from one sum to the other, so the difference misses nothing.
    """
    total = 0.0
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def peak_memory(pid: int) -> float | None:
    """The most memory in MB that the process ever held; none where the system does not say."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return None
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else None

"""Processor time: what a measurement costs whatever else the machine does meanwhile."""

from __future__ import annotations

from pathlib import Path


def processor_of(process: int) -> float:
    """Return how long a process has run on a processor, in seconds; 0 where Linux does not tell."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0

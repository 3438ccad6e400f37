"""Processes that a killed supervisor left behind: found by the mark in their environment, and ended."""

import signal
from pathlib import Path

import psutil

from streams.settings import RUN_OF


def processes_of(home: Path) -> list[psutil.Process]:
    """Every living process that was started for this data folder, parents before children."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(RUN_OF) == str(home) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            continue
    return sorted(found, key=lambda process: process.create_time())


def end_all(home: Path, *, seconds: float = 15.0) -> int:
    """Ends them, politely first; returns how many there were."""
    found = processes_of(home)
    known = {process.pid for process in found}
    for process in reversed(found):
        try:
            if process.ppid() in known and process.name() == "postgres":
                continue  # its postmaster tells it
            # PostgreSQL waits for its clients on SIGTERM and does not on SIGINT.
            process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(found, timeout=seconds)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=5)
    return len(found)

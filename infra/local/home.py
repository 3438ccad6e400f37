"""The data folder: everything the platform writes lies in it, and it is nobody else's."""

import json
import os
import shutil
from pathlib import Path

from infra.local.ports import ServerFault

MARKER = "govpulse-home"
FORMAT = "1"
#: Less than this free, and a server would stop in the middle of its work.
LEAST_FREE_BYTES = 300 * 1024 * 1024


def prepare(home: Path) -> None:
    """Makes the folder, or checks that it is ours. Raises ServerFault with one line and the remedy."""
    remedy = "set GOVPULSE_HOME to a folder you may write to"
    try:
        home.mkdir(mode=0o755, parents=True, exist_ok=True)
        present = {path.name for path in home.iterdir()}
        if MARKER in present:
            found = (home / MARKER).read_text().strip()
            if found != FORMAT:
                raise ServerFault(
                    f"{home} has format {found}, this program knows {FORMAT}: use its own version, or {remedy}"
                )
        elif present - {"cache"}:
            raise ServerFault(f"{home} is not empty and not a data folder of govpulse: {remedy}")
        for name in ("run", "logs", "cache", "secrets"):
            (home / name).mkdir(mode=0o700 if name in ("secrets", "run") else 0o755, exist_ok=True)
        (home / MARKER).write_text(FORMAT + "\n")
    except PermissionError as error:
        raise ServerFault(f"{error.filename or home} may not be written ({error.strerror}): {remedy}") from None
    except (FileExistsError, NotADirectoryError):
        raise ServerFault(f"{home} is a file: {remedy}") from None
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE_BYTES:
        raise ServerFault(f"{home} has {free // 2**20} MB left on its disk, {LEAST_FREE_BYTES // 2**20} MB are needed")


def read_json(path: Path) -> dict[str, object]:
    """A small file of ours; nothing where it is missing."""
    if not path.exists():
        return {}
    found: dict[str, object] = json.loads(path.read_text())
    return found


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, all of it or nothing."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)

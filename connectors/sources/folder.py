"""A watched folder: files that have stopped growing are published and go to done/ or failed/, each with its report."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG

from msgspec import Struct

from connectors.sources.account import Account
from connectors.sources.logged import UnreadableFile
from connectors.sources.mapping import BadMapping

#: Names under which programs write what is not whole yet.
UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
#: In bytes; the time before it and '.report.json' behind it fit into a name, too.
LONGEST_NAME = 200
#: (size, time of the last change, inode)
Stamp = tuple[int, int, int]


class Folder(Struct, frozen=True):
    """`inbox` is where sources put files; `done` and `failed` are ours."""

    root: Path

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    def prepare(self) -> None:
        for name in ("inbox", "done", "failed"):
            (self.root / name).mkdir(parents=True, exist_ok=True)

    def waiting(self) -> dict[Path, Stamp]:
        """The files of the inbox, the oldest first; hidden ones, unfinished ones and links are no files."""
        found = {}
        for path in self.inbox.iterdir():
            is_named = not path.name.startswith((".", "~")) and not path.name.lower().endswith(UNFINISHED)
            with suppress(FileNotFoundError):  # taken away again
                stat = path.lstat()
                if is_named and S_ISREG(stat.st_mode):
                    found[path] = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
        return dict(sorted(found.items(), key=lambda item: (item[1][1], item[0].name)))

    def put_away(self, path: Path, account: Account) -> Path:
        """Moves a file to done or failed, its reports beside it; returns where it lies now."""
        target = self.root / ("failed" if account.error else "done")
        place = target / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{_printable(path)}"
        # The reports first: a file that has gone has always been accounted for.
        place.with_name(f"{place.name}.report.json").write_text(
            json.dumps(account.as_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8", errors="replace"
        )
        place.with_name(f"{place.name}.report.txt").write_text(account.as_text(), encoding="utf-8", errors="replace")
        with suppress(FileNotFoundError):
            path.rename(place)
        return place


def _printable(path: Path) -> str:
    """The end of a file's name, as a text that a name and a report can hold."""
    return path.name.encode("utf-8", "replace")[-LONGEST_NAME:].decode("utf-8", "ignore")


def publish_settled(
    folder: Folder,
    seen: dict[Path, Stamp],
    *,
    publish: Callable[[Path], Account],
    mapping: str,
    told: Callable[[Path, Account], None],
) -> dict[Path, Stamp]:
    """Publishes the files that are as they were when last looked at; returns what was seen now.

    What is wrong with a file goes into its report; any other fault (a broker that is away) is raised, and the file stays.
    """
    now = folder.waiting()
    for path, stamp in now.items():
        if seen.get(path) != stamp:
            continue
        try:
            account = publish(path)
        except (UnreadableFile, BadMapping, PermissionError, FileNotFoundError) as error:
            account = Account(
                file=_printable(path), mapping=mapping, error=str(error).encode("utf-8", "replace").decode()
            )
        told(folder.put_away(path, account), account)
    return now


def watch(look: Callable[[dict[Path, Stamp]], dict[Path, Stamp]], stopping: threading.Event, *, seconds: float) -> None:
    """Looks every so many seconds until it is stopped; a file is taken when two looks find it the same."""
    seen: dict[Path, Stamp] = {}
    while not stopping.is_set():
        seen = look(seen)
        stopping.wait(seconds)

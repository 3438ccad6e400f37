"""The turn to send: of all processes that share a spool one has it, and loses it when it ends, however it ends.

A lock that the system holds for the process, taken through SQLite because that is the same on every system. A lease that runs
out would need clocks that agree, and a rule for who slept through its end.
"""

import sqlite3
from pathlib import Path


class Turn:
    """The lock beside a spool file."""

    def __init__(self, spool: Path) -> None:
        self._path = spool.with_name(f"{spool.name}.turn")
        self._connection: sqlite3.Connection | None = None

    @property
    def is_ours(self) -> bool:
        return self._connection is not None

    def take(self) -> bool:
        """Whether this process may send now."""
        if self._connection is None:
            connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
            try:
                connection.execute("begin exclusive")
            except sqlite3.OperationalError:
                connection.close()
                return False
            self._connection = connection
        return True

    def give_up(self) -> None:
        """Another may send."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

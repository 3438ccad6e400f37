"""A source's program: publishes what stands in a file, line by line, and writes down what `publish` returned from.

Killed and started again, it goes on behind the last line written down.
"""

import sys
import time
from pathlib import Path

import msgspec

from connectors.publisher import HttpDoor, Publisher


def main(folder: Path, url: str, source: str, seconds: float) -> None:
    lines = (folder / "messages.jsonl").read_bytes().splitlines()
    account = folder / "returned"
    returned = len(account.read_bytes()) if account.exists() else 0
    key = (folder / "key").read_text()
    with Publisher(folder / "spool.db", HttpDoor(url, key), source=source) as publisher, account.open("ab", 0) as file:
        for line in lines[returned:]:
            publisher.publish(msgspec.json.decode(line))
            file.write(b".")
            time.sleep(seconds / len(lines))
        while not publisher.flush(5):
            pass
        assert publisher.refused() == []
    (folder / "done").touch()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4]))

"""A program of a source, to be killed: publishes cases until it is, and prints the number of each that `publish` returned from."""

import sys
from pathlib import Path

from connectors.publisher import HttpDoor, Publisher
from connectors.publisher.pace import Pace
from tests.cases import document

SOURCE = "urn:gov:360200:hall"


def main(spool: str, url: str, key_file: str, name: str) -> None:
    door = HttpDoor(url, Path(key_file), timeout=10)
    with Publisher(spool, door, source=SOURCE, pace=Pace(longest=0.5)) as out:
        number = 0
        while True:
            event = document("accepted", "2026-11-23", source=SOURCE, number=f"{name}-{number}", id=f"{name}-{number}",
                             matter_code="M007", unit_code="u1", recordkey="accepted")  # fmt: skip
            out.publish(event)
            print(number, flush=True)
            number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Artefacts of Maven by a lock file: fetched once, each checked against its SHA-256."""

import fcntl
import hashlib
import tomllib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path


class BrokenArtifact(Exception):
    """A jar is not the one that the lock file names."""


def artefacts(lock: Path, cache: Path, *, report: Callable[[int, int], None] | None = None) -> list[Path]:
    """The locked artefacts in the cache, in the order of the lock file, fetched where missing. Raises BrokenArtifact.

    One process fetches at a time; others wait, and find what it has fetched.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "fetching").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        return _artefacts(lock, cache, report)


def _artefacts(lock: Path, cache: Path, report: Callable[[int, int], None] | None) -> list[Path]:
    locked = tomllib.loads(lock.read_text())["dependencies"]
    name = lock.name.partition(".")[0]
    stamp = cache / name / (hashlib.sha256(lock.read_bytes()).hexdigest()[:16] + ".paths")
    if stamp.exists():
        paths = [Path(line) for line in stamp.read_text().splitlines()]
        if all(path.exists() for path in paths):
            return paths
    paths = []
    for number, (path, sha256) in enumerate(_fetch(locked, cache), start=1):
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            path.unlink()
            raise BrokenArtifact(
                f"{path.name}: SHA-256 {found}, the lock file says {sha256}; it was removed, try again"
            )
        paths.append(path)
        if report is not None:
            report(number, len(locked))
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text("\n".join(map(str, paths)))
    return paths


def _fetch(locked: list[dict[str, str]], cache: Path) -> Iterator[tuple[Path, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jgo complains where there is no XDG_RUNTIME_DIR
        from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415 - slow, and needed once

    maven = MavenContext(resolver=PythonResolver(), repo_cache=cache / "maven")
    for item in locked:
        component = maven.project(item["groupId"], item["artifactId"]).at_version(item["version"])
        artifact = component.artifact(classifier=item.get("classifier") or "", packaging=item["packaging"])
        yield Path(artifact.resolve()), item["sha256"]

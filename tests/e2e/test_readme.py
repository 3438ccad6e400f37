"""What the README says is done by this test, word by word."""

import os
import re
import shlex
import subprocess
import sys

import pytest

from tests.infra.test_platform import Commands, folder
from tests.servers import REPOSITORY

pytestmark = [pytest.mark.broker, pytest.mark.slow]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
#: Lines of the demo's output that are the same on every machine.
STEADY = re.compile(
    r"^(cases|events:|finished|in time|AR-03|  finished late|  still open|General|Experts|Customer|Group|unmapped|signals) .*",
    re.MULTILINE,
)


def run(line: str, commands: Commands) -> subprocess.CompletedProcess:
    """A line of the README, with this environment's program for `.venv/bin/govpulse`."""
    program = f"{shlex.quote(sys.executable)} -m infra.cli"
    return subprocess.run(
        line.replace(".venv/bin/govpulse", program),
        shell=True,
        env=commands.environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_demo_and_every_command_of_the_readme_do_what_it_says(open_path):
    commands = Commands(folder(open_path / "data"))
    try:
        demo = commands("demo")
        assert demo.returncode == 0, demo.stderr + demo.stdout
        shown = {" ".join(line.group().split()) for line in STEADY.finditer(README)}
        printed = {" ".join(line.group().split()) for line in STEADY.finditer(demo.stdout)}
        assert len(shown) >= 10
        assert shown <= printed
        built = re.compile(r"dbt: \d+ models, \d+ tests · checks: \d+ of \d+ met")
        assert built.search(README).group() == built.search(demo.stdout).group()
        block = re.search(r"```sh\n(.*?)```", README, re.DOTALL)
        outputs = {}
        for line in block.group(1).strip().splitlines():
            done = run(line, commands)
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            outputs[line.split()[1]] = done.stdout
        assert "AR-03" in outputs["explain"]
        assert "416" in outputs["sql"]
        assert "due on 2026-04-22" in outputs["due"]
        assert "1 sent, 0 rejected" in outputs["publish"]
        assert commands("status").returncode == 1
    finally:
        commands("down")


def test_every_target_of_make_that_is_named_exists():
    makefile = (REPOSITORY / "Makefile").read_text()
    text = README + (REPOSITORY / "CONTRIBUTING.md").read_text()
    for target in re.findall(r"`?make ([a-z-]+)`?", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_file_that_is_linked_exists():
    for link in re.findall(r"\]\(([^)h][^)]*)\)", README):
        assert (REPOSITORY / link).exists(), link
    assert os.access(REPOSITORY / ".ci" / "run", os.X_OK)

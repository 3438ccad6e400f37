"""The supervisor of the local processes: supervisord, configured in the data folder, spoken to over its own socket."""

import hashlib
import re
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
from msgspec import Struct
from supervisor.xmlrpc import Faults, SupervisorTransport

from infra.local.ports import ServerFault

#: A socket's path may have 107 bytes.
LONGEST_SOCKET = 100


class Program(Struct, frozen=True):
    """A process to be kept alive. `order`: small ones start first and stop last."""

    name: str
    command: list[str]
    order: int
    starts_by_itself: bool
    user: str | None = None
    stop_signal: str = "TERM"


class State(Struct, frozen=True):
    """How a process is. `restarts`: since `up`; `reason`: of the last one, or of its end."""

    name: str
    state: str
    pid: int | None
    uptime_seconds: int | None
    restarts: int
    reason: str


class Supervisor:
    """The supervisord of one data folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._configuration = home / "run" / "supervisord.conf"
        self._log = home / "logs" / "supervisord.log"
        self._pid_file = home / "run" / "supervisord.pid"
        socket = home / "run" / "supervisor.sock"
        if len(str(socket)) > LONGEST_SOCKET:
            name = hashlib.sha256(str(home).encode()).hexdigest()[:16]
            socket = Path(tempfile.gettempdir()) / f"govpulse-{name}.sock"
        self._socket = socket

    def start(self, programs: list[Program], environment: dict[str, str]) -> None:
        """Starts it in the background, with the programs that start by themselves."""
        self._configuration.write_text(self._text(programs))
        self._log.unlink(missing_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._configuration)],
            env=environment, capture_output=True, text=True, check=False, cwd=self.home,
        )  # fmt: skip
        if done.returncode:
            raise ServerFault(f"the supervisor did not start: {(done.stderr or done.stdout).strip()[-500:]}")
        deadline = time.monotonic() + 20
        while not self.is_running():
            if time.monotonic() > deadline:
                raise ServerFault(f"the supervisor does not answer: see {self._log}")
            time.sleep(0.1)

    def is_running(self) -> bool:
        return self._pid() is not None and self._ask("getState") is not None

    def states(self) -> list[State]:
        """Every process, in the order of starting; nothing where no supervisor runs."""
        known = self._ask("getAllProcessInfo") or []
        restarts, reasons = self._exits()
        return [_state(info, restarts, reasons) for info in known]

    def start_programs(self, names: list[str]) -> None:
        """Starts those that are not running yet, without waiting."""
        for name in names:
            try:
                self._server().supervisor.startProcess(name, False)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode != Faults.ALREADY_STARTED:
                    raise ServerFault(f"{name} did not start: {fault.faultString}") from None

    def stop(self, *, seconds: float = 40.0) -> None:
        """Stops every process in reverse order, and the supervisor."""
        pid = self._pid()
        if pid is None:
            return
        process = psutil.Process(pid)
        self._ask("shutdown")
        try:
            process.wait(seconds)
        except psutil.TimeoutExpired:
            process.kill()
        self._pid_file.unlink(missing_ok=True)

    def _pid(self) -> int | None:
        try:
            pid = int(self._pid_file.read_text())
            return pid if "supervisord" in " ".join(psutil.Process(pid).cmdline()) else None
        except (OSError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    def _server(self) -> Any:
        return xmlrpc.client.ServerProxy(
            "http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{self._socket}")
        )

    def _ask(self, method: str) -> Any:
        try:
            return getattr(self._server().supervisor, method)()
        except (OSError, xmlrpc.client.Error):
            return None

    def _exits(self) -> tuple[Counter[str], dict[str, str]]:
        """How often each process died since `up`, and how the last time."""
        died: Counter[str] = Counter()
        reasons: dict[str, str] = {}
        if self._log.exists():
            for line in self._log.read_text(errors="replace").splitlines():
                found = re.search(r"(?:exited|gave up): (\S+) \(?(.*?)\)?$", line)
                if found:
                    died[found[1]] += 1
                    reasons[found[1]] = found[2]
        return died, reasons

    def _text(self, programs: list[Program]) -> str:
        run, logs = self.home / "run", self.home / "logs"
        sections: dict[str, dict[str, object]] = {
            "unix_http_server": {"file": self._socket, "chmod": "0700"},
            "supervisord": {
                "logfile": self._log,
                "pidfile": self._pid_file,
                "childlogdir": logs,
                "directory": self.home,
                "silent": "true",
                **({"user": "root"} if any(program.user for program in programs) else {}),
            },
            "rpcinterface:supervisor": {
                "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
            },
        }
        for program in programs:
            sections[f"program:{program.name}"] = {
                "command": _command(program.command),
                "priority": program.order,
                "autostart": str(program.starts_by_itself).lower(),
                "autorestart": "true",
                "startsecs": 2,
                "startretries": 1000,  # with a delay that grows by a second each time
                "stopsignal": program.stop_signal,
                "stopwaitsecs": 20,
                "stopasgroup": "false",
                "killasgroup": "true",
                "redirect_stderr": "true",
                "stdout_logfile": logs / f"{program.name}.log",
                "stdout_logfile_maxbytes": "20MB",
                "stdout_logfile_backups": 3,
                "directory": "/",
                **({"user": program.user} if program.user else {}),
            }
        run.mkdir(exist_ok=True)
        return "\n".join(
            f"[{name}]\n" + "".join(f"{key} = {str(value).replace('%', '%%')}\n" for key, value in section.items())
            for name, section in sections.items()
        )


def _command(arguments: list[str]) -> str:
    return " ".join(
        '"' + argument.replace('"', '\\"') + '"' if re.search(r"[\s;]", argument) else argument
        for argument in arguments
    )


def _state(info: dict[str, Any], restarts: Counter[str], reasons: dict[str, str]) -> State:
    name, is_up = info["name"], info["statename"] == "RUNNING"
    return State(
        name=name,
        state=info["statename"].lower(),
        pid=info["pid"] or None,
        uptime_seconds=max(0, info["now"] - info["start"]) if is_up else None,
        restarts=restarts[name],
        reason=info["spawnerr"] or reasons.get(name, ""),
    )

"""The run that this process belongs to: its root process, its state folder, its target and its platforms.

A run begins with the first process that asks (`robot`, a worker of `pabot`, or the front door, which says so by
ASSAY_RUN) and is kept by a supervisor that ends with the run's root process, however that ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assay.core import names, places
from assay.core.contract import Contract
from assay.core.errors import AssayError
from assay.core.ledger import Ledger
from assay.core.platform import Platform
from assay.core.root import Root, here
from assay.core.target import Target, load
from assay.core.wire import SOCKET, ask, bound, tell

_current: Run | None = None


@dataclass
class Run:
    """One run. `platforms` is the stack of platforms in use in this process; the last one is the one that is judged."""

    id: str
    folder: Path
    target: Target
    results: Path
    platforms: list[Platform] = field(default_factory=list)
    root: Root | None = None
    _ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger | None:
        """Where is written down what is made on a platform that stays; None for one that Assay starts and ends."""
        if self.target.launch is None and self._ledger is None:
            platform, said = self.platform, self.root
            about = {
                "target": self.target.name,
                "target_path": str(self.target.path),
                "services": {name: platform.url(name) for name in self.target.services},
                "root": {"pid": said.pid, "created": said.created} if said else {"pid": 0, "created": 0},
                "started": time.strftime("%Y-%m-%d %H:%M"),
            }
            given: dict[str, str] = {}
            for name in platform.accounts():
                with suppress(AssayError):  # an address that is not said is of an account that nobody can use
                    given[platform.address_of(name)] = name
            self._ledger = Ledger(self.id, about, given, self.target.capabilities)
        return self._ledger

    @property
    def platform(self) -> Platform:
        """The platform that is judged now; the run's shared one is started when it is needed for the first time."""
        if not self.platforms:
            self.platforms.append(self._shared())
        return self.platforms[-1]

    @property
    def platform_if_started(self) -> Platform | None:
        """The platform that is judged now, None while none was needed."""
        return self.platforms[-1] if self.platforms else None

    def contract(self, service: str) -> Contract:
        """What a service promises."""
        return self.platform.contract(service)

    def service_url(self, service: str) -> str:
        """Where a service of the platform in use is."""
        return self.platform.url(service)

    def start_private(
        self, settings: Mapping[str, Any], services: Sequence[str], profile: str | None, owner: str
    ) -> Platform:
        """Starts a platform for one suite and puts it on the stack."""
        platform = self._start(
            {"settings": dict(settings), "services": list(services), "profile": profile, "for": owner}
        )
        self.platforms.append(platform)
        return platform

    def stop_private(self) -> None:
        """Stops the private platform in use and takes it off the stack; nothing when there is none."""
        if self.platforms and self.platforms[-1].private:
            platform = self.platforms.pop()
            self.ask({"do": "stop", "platform": platform.name})

    def control(self, service: str, action: str, **told: Any) -> None:
        """Does something to a service of the platform in use and waits until it is done.

        `told` goes with the action. `links` with `link`: where the service finds, from its next start on, what it needs.
        `ahead` with `set-clock`: so many seconds the service's clock is ahead from then on. `which` with
        `set-master-key`: the key that the service is given from its next start on, ``another`` or the ``first``.
        """
        asked = {"do": "control", "platform": self.platform.name, "service": service, "action": action}
        answer = self.ask({**asked, **told})
        self.platform.ready = answer["ready"]

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Asks the supervisor. Its refusals are PlatformErrors."""
        return ask(self.folder, request, say)

    def _shared(self) -> Platform:
        if self.target.launch is None:
            return Platform(self.target)
        return self._start({"shared": True, "services": list(self.target.services) or ["auth"]})

    def _start(self, request: Mapping[str, Any]) -> Platform:
        answer = self.ask({"do": "start", **request})
        return Platform(self.target, answer["platform"], answer["ready"], request.get("settings"))


def say(line: str) -> None:
    """Tells the person at the console something that takes a while."""
    print(line, file=sys.__stderr__, flush=True)


def current() -> Run:
    """The run of this process, joined or begun at the first call."""
    global _current
    if _current is None:
        _current = _join(Path(folder)) if (folder := os.environ.get("ASSAY_RUN")) else _begin_or_join()
    return _current


def begin(target: Target, results: Path, root: Root, run: str | None = None) -> Run:
    """Makes the state of a new run and starts its supervisor; the caller puts ASSAY_RUN into its children's environment."""
    run = run or names.run_id()
    folder = places.states() / run
    folder.mkdir(mode=0o711)
    (folder / "live").mkdir(mode=0o700)
    launch = target.launch
    about = {
        "id": run,
        "root": {"pid": root.pid, "created": root.created},
        "target": target.name,
        "target_path": str(target.path),
        "target_data": target.data,
        "launch": asdict(launch) if launch else None,
        "known_failures": str(target.known_failures) if target.known_failures else None,
        "results": str(results),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }
    _write_private(folder / "run.json", about)
    _start_supervisor(folder)
    return Run(run, folder, target, results)


def visit(target: Target, run: str, folder: Path) -> Run:
    """Makes this process one that calls the platform of a target for a run that has ended; nothing is started."""
    global _current
    _current = Run(run, folder, target, folder, [Platform(target)])
    return _current


def _begin_or_join() -> Run:
    root = here()
    marker = places.states() / f"root-{root.pid}-{root.created}"
    with _locked(places.states() / "begin.lock"):
        folder = Path(marker.read_text("utf-8")) if marker.exists() else None
        if folder is None or not folder.is_dir():
            folder = begin(load(_target_name()), _results(), root).folder
            marker.write_text(str(folder), "utf-8")
    os.environ["ASSAY_RUN"] = str(folder)
    return _join(folder)


def _join(folder: Path) -> Run:
    try:
        about = json.loads((folder / "run.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise AssayError(
            f"ASSAY_RUN names no run: {folder} ({error}); unset it to begin a new one"
        ) from error
    if not _is_joined(folder):
        with _locked(places.states() / "begin.lock"):
            _start_supervisor(folder)
        _is_joined(folder)
    target = Target(about["target"], Path(about["target_path"]), about["target_data"])
    return Run(about["id"], folder, target, Path(about["results"]), root=Root(**about["root"]))


def _is_joined(folder: Path) -> bool:
    """Tells the supervisor that this process belongs to the run; False when the supervisor has been killed."""
    try:
        tell(folder, {"do": "join"})
    except OSError:
        return False
    return True


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _target_name() -> str:
    """The target that was asked for: by the variable TARGET of robot, by ASSAY_TARGET, else the reference."""
    asked = None
    if "robot.running" in sys.modules:
        asked = _variables().get("TARGET")
    return str(asked or os.environ.get("ASSAY_TARGET") or "reference")


def _results() -> Path:
    """Where reports go: the output folder of robot or of the pabot that is the root, else results/."""
    output = _variables().get("OUTPUT DIR") if "robot.running" in sys.modules else None
    if output:
        found = Path(output)
        inner = next((parent for parent in found.parents if parent.name == "pabot_results"), None)
        return inner.parent if inner else found
    return places.root() / "results"


def is_dry() -> bool:
    """Whether the robot that runs in this process looks at keywords only and calls none (--dryrun)."""
    from robot.running.context import EXECUTION_CONTEXTS

    context: Any = EXECUTION_CONTEXTS.current
    return bool(context and context.dry_run)


def _variables() -> Mapping[str, Any]:
    """The variables of the robot that runs in this process, none where none does."""
    from robot.running.context import EXECUTION_CONTEXTS

    context: Any = EXECUTION_CONTEXTS.current
    return context.variables.as_dict(decoration=False) if context else {}


def _start_supervisor(folder: Path) -> None:
    """Starts the supervisor of a run, unless it has one.

    The socket is opened here and handed over, so that nobody has to wait for the supervisor to come up; the lock is held
    by the supervisor as long as it lives.
    """
    with (
        (folder / "supervisor.lock").open("w", encoding="ascii") as lock,
        socket.socket(socket.AF_UNIX) as listener,
    ):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        path = folder / SOCKET
        path.unlink(missing_ok=True)
        bound(listener, path)
        with (folder / "supervisor.log").open("ab") as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "assay.supervisor",
                    str(folder),
                    str(listener.fileno()),
                    str(lock.fileno()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                pass_fds=(listener.fileno(), lock.fileno()),
                env={name: value for name, value in os.environ.items() if name != "ASSAY_RUN"},
            )
    process.returncode = 0  # it outlives this process, as it must; nobody waits for it


def _write_private(path: Path, content: Mapping[str, Any]) -> None:
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump(content, file, default=str)

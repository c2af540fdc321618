"""What a server of the platform can be told, whichever it is."""

import signal
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from reference.launcher import children, waiting
from reference.launcher.children import Child
from reference.launcher.errors import LaunchError


class Server(ABC):
    """A process that is started, stopped, killed, paused and started again on the same port."""

    name = ""
    polite_signal = signal.SIGTERM

    def __init__(self, log: Path) -> None:
        self.log = log
        self.child: Child | None = None

    @abstractmethod
    def launch(self) -> Child:
        """Starts the process; it need not answer yet."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it answers."""

    def start(self) -> None:
        """Starts the process unless it runs."""
        if self.child is None or not self.child.alive():
            self.child = self.launch()

    def ready_or_dead(self) -> bool:
        """Whether it answers; raises LaunchError if it has ended instead."""
        if self.child is None or not self.child.alive():
            raise LaunchError(self.complaint())
        return self.ready()

    def complaint(self) -> str:
        """One line that says what went wrong with it."""
        return f"{self.name} did not start; {self.log}: {last_line(self.log)}"

    def processes(self) -> list[int]:
        """The id of the process that was started here, while it lives."""
        return [self.child.pid] if self.child is not None and self.child.alive() else []

    def stop(self) -> None:
        """Ends it in order."""
        if self.child is not None:
            self.child.stop(self.polite_signal)

    def kill(self) -> None:
        """Ends it without warning."""
        if self.child is not None:
            self.child.kill()

    def pause(self) -> None:
        """Holds it, connections and all."""
        self._running().signal_tree(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets it go on."""
        self._running().signal_tree(signal.SIGCONT)

    def dispose(self) -> None:
        """Takes away what it kept; it has ended."""

    def _running(self) -> Child:
        if self.child is None or not self.child.alive():
            raise LaunchError(f"{self.name} is not running")
        return self.child


class Given(Server):
    """A server that somebody else runs: used, never controlled."""

    def start(self) -> None:
        """It runs already."""

    def ready_or_dead(self) -> bool:
        """It is taken to answer; whoever uses it will say if not."""
        return True

    def stop(self) -> None:
        """It stays."""

    def ready(self) -> bool:
        """See `ready_or_dead`."""
        return True

    def launch(self) -> Child:
        """Says that it cannot be controlled."""
        raise LaunchError(f"{self.name} was given by its address and is not this platform's to control")

    def refuse(self) -> None:
        """Says that it cannot be controlled."""
        self.launch()

    kill = pause = resume = refuse


class ForkedService(Server):
    """A service of this platform: forked from the launcher, which has imported what it needs."""

    def __init__(self, name: str, log: Path, work: Callable[[], None], ready: Callable[[], bool]) -> None:
        super().__init__(log)
        self.name, self._work, self._ready = name, work, ready

    def launch(self) -> Child:
        """Forks the service."""
        return children.fork(self.name, self._work, self.log)

    def ready(self) -> bool:
        """Whether the service has said so."""
        return self._ready()


def start_and_wait(server: Server, seconds: float = 10.0) -> None:
    """Starts a server and waits until it answers."""
    server.start()
    if not waiting.until(server.ready_or_dead, seconds):
        raise LaunchError(server.complaint())


def last_line(log: Path) -> str:
    """The last thing that a server said."""
    try:
        lines = [
            line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()
        ]
    except OSError:
        lines = []
    return lines[-1].strip() if lines else "(it said nothing)"

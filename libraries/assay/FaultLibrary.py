"""Keywords that disturb what a platform stands on: its links, its processes, what they may use."""

from __future__ import annotations

import random
import resource
import signal
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from robot.api import logger
from robot.api.deco import keyword, library

from assay.core import linked, processes
from assay.core.errors import AssayError, PlatformError, accepted
from assay.core.lifetime import FAULTS, Ending, beginner, undo_everything
from assay.core.run import current
from assay.core.waiting import until
from assay.evidence.exchange import table
from assay.evidence.expect import expect
from assay.fault.proxy import Proxy
from assay.fault.toxics import KINDS, toxic

DISTURBING = ("disturbing",)
LIMITS = {
    "descriptors": resource.RLIMIT_NOFILE,
    "file-size": resource.RLIMIT_FSIZE,
    "memory": resource.RLIMIT_AS,
    "processes": resource.RLIMIT_NPROC,
    "cpu-seconds": resource.RLIMIT_CPU,
}


@library(scope="GLOBAL", auto_keywords=False)
class FaultLibrary:
    """Puts proxies with toxics on links, pauses and kills services and processes, and takes resources away from them.

    The words for toxics are Toxiproxy's. Every fault ends with the test or suite that made it, the last first; where this process
    is killed, a guard lets go what it paused and limited. A full disk is `Fill The Disk` of SharedFsLibrary. But for the keywords
    about a service it needs no platform of Assay.
    """

    def __init__(self) -> None:
        self._proxies: dict[str, tuple[Proxy, int]] = {}
        self._paused: defaultdict[int, list[int]] = defaultdict(list)
        self._limited: defaultdict[int, list[int]] = defaultdict(list)
        self.ROBOT_LIBRARY_LISTENER = Ending()

    @keyword(tags=DISTURBING)
    def put_a_proxy_before(self, address: str, name: str | None = None, seed: int | None = None) -> str:
        """Listens on 127.0.0.1 and carries each connection to an address. Returns where it listens, `127.0.0.1:port`.

        | =Argument= | =Meaning= |
        | `address`  | host and port of what is behind, such as 127.0.0.1:5432 |
        | `name`     | by which the proxy is called in other keywords; the address where none is given |
        | `seed`     | of what is drawn (jitter, toxicity); drawn itself where none is given, and told in the log |

        Example: | ${link} = | `Put A Proxy Before` | ${database} | name=database |
        """
        name = name or address
        self.take_the_proxy_away(name)
        proxy = Proxy(address, random.randrange(1 << 32) if seed is None else seed)

        def end() -> None:
            self._proxies.pop(name, None)
            proxy.close()

        self._proxies[name] = (proxy, FAULTS.promise_call(end, beginner()))
        where = proxy.open()
        logger.info(f"The proxy {name} listens on {where} before {address}, with the seed {proxy.seed}.")
        return where

    @keyword(tags=DISTURBING)
    def put_proxies_before_the_service(self, service: str) -> Mapping[str, str]:
        """Restarts a service of the private platform so that it reaches what it needs through proxies; returns their addresses.

        Each proxy has the name of the link, such as database or session-store. Call `Take The Proxies Away` in the teardown.
        Example: | `Put Proxies Before The Service` | auth |
        """
        run = current()
        addresses = {
            name: self.put_a_proxy_before(address, name)
            for name, address in linked.behind(run, service, "proxies").items()
        }
        linked.lead(run, service, addresses)
        return addresses

    @keyword(tags=DISTURBING)
    def add_toxic(
        self,
        proxy: str,
        kind: str,
        stream: Literal["upstream", "downstream"] = "downstream",
        toxicity: float = 1.0,
        name: str | None = None,
        **values: Any,
    ) -> str:
        """Adds a toxic to a proxy, for connections that are open too (RES-06). Returns its name.

        | =Argument= | =Meaning= |
        | `kind`     | latency, bandwidth, slow_close, timeout, reset_peer, slicer, limit_data, down |
        | `stream`   | downstream: what comes back to the client; upstream: what the client sends |
        | `toxicity` | the share of connections that it meets, 0 to 1 |
        | `name`     | by which it is removed; KIND_STREAM where none is given |
        | `values`   | latency: latency, jitter; bandwidth: rate (kB/s); slow_close: delay; timeout: timeout (0 swallows all); |
        |            | reset_peer: timeout, bytes; slicer: average_size, size_variation, delay; limit_data: bytes; times in ms, or `1 s` |

        Source: Toxiproxy; `bytes` of reset_peer is our own. Example: | `Add Toxic` | database | latency | latency=300 | jitter=50 |
        """
        made = toxic(kind, stream, toxicity, name, values)
        self._proxy(proxy).add(made)
        logger.info(f"{made}: {KINDS[kind].says}")
        return made.name

    @keyword
    def remove_toxic(self, proxy: str, name: str | None = None) -> None:
        """Removes a toxic from a proxy, or all where none is named; what it held back goes on.

        Example: | `Remove Toxic` | database | latency_downstream |
        """
        self._proxy(proxy).remove(name)

    @keyword
    def toxics_of(self, proxy: str) -> list[str]:
        """The names of the toxics of a proxy, in the order in which they were added."""
        return list(self._proxy(proxy).toxics)

    @keyword
    def counters_of(self, proxy: str) -> dict[str, int]:
        """What a proxy has carried: connections, unreached, open, reset, and octets upstream, downstream and swallowed.

        Example: | ${counters} = | `Counters Of` | database |
        """
        found = self._proxy(proxy).counted()
        rows = [(name, str(value)) for name, value in found.items()]
        logger.info(table(f"The proxy {proxy}", ("What", "How many"), rows), html=True)
        return found

    @keyword
    def proxy_should_have_been_used(
        self, proxy: str, connections: int = 1, within: timedelta = timedelta(0)
    ) -> None:
        """Fails unless so many connections were begun through a proxy: else its toxics met nothing and show nothing.

        Example: | `Proxy Should Have Been Used` | database | within=2s |
        """
        found = self._proxy(proxy)
        until(lambda: True if found.counters.connections >= connections else None, within.total_seconds())
        seen = found.counters.connections
        expect(
            seen >= connections, f"{connections} connections through the proxy {proxy}", seen, found.address
        )

    @keyword
    def take_the_proxy_away(self, proxy: str) -> None:
        """Ends a proxy and its connections. Does nothing where there is none, so it fits every teardown."""
        if found := self._proxies.get(proxy):
            FAULTS.undo(found[1])

    @keyword
    def take_the_proxies_away(self) -> None:
        """Ends all proxies of this library. Fits every teardown."""
        for name in list(self._proxies):
            self.take_the_proxy_away(name)

    @keyword(tags=DISTURBING)
    def kill_the_service(self, service: str) -> None:
        """Kills a service of the private platform (SIGKILL); it is started again as the test ends, at the latest.

        Example: | `Kill The Service` | store |
        """
        self._control(service, "kill", back="start")

    @keyword(tags=DISTURBING)
    def pause_the_service(self, service: str) -> None:
        """Freezes a service of the private platform (SIGSTOP); it goes on as the test ends, at the latest (RES-08).

        Example: | `Pause The Service` | store |
        """
        self._control(service, "pause", back="resume")

    @keyword(tags=DISTURBING)
    def restart_the_service(self, service: str) -> None:
        """Stops a service of the private platform in good order and starts it again (RES-08)."""
        self._control(service, "restart")

    @keyword(tags=DISTURBING)
    def pause_process(self, *pids: int) -> None:
        """Freezes processes (SIGSTOP); they go on at `Resume Process`, as the test ends, and where this process dies.

        Example: | `Pause Process` | ${pid} |
        """
        for pid in pids:
            created = _created(pid)
            go_on = FAULTS.promise("signal", pid, created, int(signal.SIGCONT), owner=beginner())
            self._paused[pid].append(go_on)
            processes.send([pid], signal.SIGSTOP)
            if until(lambda one=pid: True if _state(one) == "T" else None, 5.0) is None:  # type: ignore[misc]
                raise AssayError(f"process {pid} does not stop")

    @keyword
    def resume_process(self, *pids: int) -> None:
        """Lets paused processes go on, all of them where none is named. Fits every teardown."""
        for pid in pids or tuple(self._paused):
            for undoing in self._paused.pop(pid, []):
                FAULTS.undo(undoing)

    @keyword(tags=DISTURBING)
    def kill_process(self, *pids: int) -> None:
        """Ends processes as a crash would (SIGKILL), and waits until they are gone. Whoever started them starts them again.

        Example: | `Kill Process` | ${pid} |
        """
        for pid in pids:
            _created(pid)
        if left := processes.end(pids):
            raise AssayError(f"processes {sorted(left)} were killed and live still")

    @keyword(tags=DISTURBING)
    def limit_process(self, pid: int, what: str, most: int) -> None:
        """Sets a limit for a process that runs (prlimit), until `Lift The Limits` or the end of the test (RES-10).

        | =Argument= | =Meaning= |
        | `what`     | descriptors (EMFILE), file-size (EFBIG), memory (bytes; ENOMEM), processes (EAGAIN), cpu-seconds |
        | `most`     | the limit |

        Example: | `Limit Process` | ${pid} | file-size | 65536 |
        """
        if what not in LIMITS:
            raise AssayError(f"there is no limit {what}{accepted(what, LIMITS)}")
        kind, created = LIMITS[what], _created(pid)
        try:
            soft, hard = resource.prlimit(pid, kind)
            undoing = FAULTS.promise("limit", pid, created, kind, soft, hard, owner=beginner())
            self._limited[pid].append(undoing)
            resource.prlimit(pid, kind, (most, hard))
        except (OSError, ValueError) as error:
            raise AssayError(f"the limit of {what} of process {pid} cannot be {most}: {error}") from error

    @keyword(tags=DISTURBING)
    def exhaust_descriptors_of_process(self, pid: int, leaving: int = 0) -> None:
        """Has a process open no more files and connections than `leaving` (EMFILE), until `Lift The Limits` (RES-10, FS-10).

        Example: | `Exhaust Descriptors Of Process` | ${pid} |
        """
        taken = sorted(int(one.name) for one in Path(f"/proc/{_alive(pid)}/fd").iterdir())
        free = (number for number in range(len(taken) + leaving + 1) if number not in set(taken))
        # A new file takes the lowest number that is free: the limit is the number that would be one too many.
        most = next(number for place, number in enumerate(free) if place == leaving)
        self.limit_process(pid, "descriptors", most)

    @keyword
    def lift_the_limits(self, *pids: int) -> None:
        """Gives processes the limits that they had, all of them where none is named. Fits every teardown."""
        for pid in pids or tuple(self._limited):
            for undoing in reversed(self._limited.pop(pid, [])):
                FAULTS.undo(undoing)

    @keyword
    def process_should_end(self, *pids: int, within: timedelta = timedelta(seconds=10)) -> None:
        """Fails unless processes have ended in time, as after SIGTERM they must (RES-12).

        Example: | `Process Should End` | ${pid} | within=5s |
        """
        seconds = within.total_seconds()
        until(lambda: None if any(map(_state, pids)) else True, seconds)
        left = [pid for pid in pids if _state(pid)]
        expect(not left, f"the processes {list(pids)} to have ended within {seconds:g} s", f"{left} alive")

    @keyword
    def take_every_fault_away(self) -> None:
        """Undoes every fault of this library and of SharedFsLibrary that is left, the last first. Fits every teardown."""
        self._paused.clear()
        self._limited.clear()
        undo_everything()

    def _proxy(self, name: str) -> Proxy:
        if name not in self._proxies:
            raise AssayError(f"there is no proxy {name}{accepted(name, self._proxies)}")
        return self._proxies[name][0]

    def _control(self, service: str, what: str, back: str = "") -> None:
        run = current()
        if not run.platform.private:
            raise AssayError(f"{what} {service} is refused: others use this platform; start a private one")
        platform = run.platform
        run.control(service, what)

        def bring_back() -> None:
            # A platform that has been stopped meanwhile took the fault with it.
            if run.platform_if_started is platform:
                with suppress(PlatformError):  # the test brought it back by itself
                    run.control(service, back)

        if back:
            FAULTS.promise_call(bring_back, beginner())
        logger.info(f"{what} {service}: done")


def _created(pid: int) -> int:
    found = processes.look(_alive(pid))
    assert found is not None
    return found.created


def _alive(pid: int) -> int:
    if not _state(pid):
        raise AssayError(f"there is no process {pid}")
    return pid


def _state(pid: int) -> str:
    """The state of a process as /proc has it, empty for one that has ended."""
    found = processes.look(pid)
    return found.state if found and found.alive else ""

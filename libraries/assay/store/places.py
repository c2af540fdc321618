"""Keywords about where the store is: its doors, its directory, its processes and its logs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from robot.api import SkipExecution
from robot.api.deco import keyword
from robot.api.types import Secret

from assay.core.errors import AssayError
from assay.core.run import current
from assay.evidence.expect import Unmet
from assay.evidence.redact import conceal
from assay.store import doors
from assay.store.doors import SERVICE


class Places:
    """What the target and the launcher say of the store."""

    @keyword
    def doors_of_the_store(self) -> list[str]:
        """The doors at which entities can be read and written, as the target offers them, REST first."""
        return doors.offered(current().platform)

    @keyword
    def data_of_earlier_formats(self) -> dict[str, list[dict[str, Any]]]:
        """The data of earlier versions that a store can begin with (``begins_with``), as the target says: name and entities."""
        return dict(current().platform.said_of(SERVICE, "earlier"))

    @keyword
    def address_of_the_door(self, door: str) -> str:
        """Where gRPC is spoken at a door, host and port. Example: | ${address} = | `Address Of The Door` | worker-1 |"""
        return doors.address(current().platform, door)

    @keyword
    def worker_doors(self, count: int = 2) -> list[str]:
        """The doors of the processing workers. Skips the test where there are fewer than `count`."""
        found = doors.workers(current().platform)
        if len(found) < count:
            raise SkipExecution(
                f"The target {current().target.name} has {len(found)} doors of workers, not {count}."
            )
        return found

    @keyword
    def sealing_door(self) -> str:
        """The door by which a write reaches the shared directory (``seals_at`` of the target)."""
        return doors.sealing(current().platform)

    @keyword
    def another_door(self, *used: str) -> str:
        """A door of a processing worker that is none of those that were used, so that it has nothing of theirs in memory.

        Skips the test where the target has no such door.
        """
        left = [door for door in doors.workers(current().platform) if door not in used]
        if not left:
            raise SkipExecution(
                f"The target {current().target.name} has no further worker that can be called by itself."
            )
        return left[0]

    @keyword
    def shared_directory(self) -> str:
        """Where the shared directory is, as the target or the launcher says (``sources: files``)."""
        return _folder("files", "the shared directory")

    @keyword
    def state_of_the_store(self) -> str:
        """The folder of what the store keeps for itself outside of the shared directory, keys among it (``sources: state``)."""
        return _folder("state", "the state of the store")

    @keyword
    def what_lies_beside_the_shared_directory(self) -> list[str]:
        """The names of everything in the folder that the shared directory is in, in their order, and in the one above it.

        What a name has led out of the directory would lie there.
        """
        place = Path(self.shared_directory()).resolve()
        return sorted(
            f"{folder.name}/{one.name}"
            for folder in (place.parent, place.parents[1])
            for one in folder.iterdir()
        )

    @keyword
    def logs_of_the_store(self) -> list[str]:
        """The files that the store's processes write for their operators (``sources: service_log``)."""
        logs = current().platform.observed("service_log")
        found = [str(path) for name, path in logs.items() if name.split("-")[0] == SERVICE]
        if not found:
            raise AssayError(f"the target {current().target.name} names no log of the store")
        return found

    @keyword
    def layout_of_the_store(self) -> str:
        """The name of the layout of the store's sealed files (``layout`` of the target), or the path of its file."""
        said = str(current().platform.said_of(SERVICE, "layout"))
        return (
            str((current().target.path.parent / said).resolve()) if said.endswith((".yaml", ".yml")) else said
        )

    @keyword
    def processes_of_the_store(self, *names: str) -> list[int]:
        """The ids of the store's processes, of all or of those named (``store-main``, ``store-worker-1``).

        Fails where the launcher does not say which they are.
        """
        known: dict[str, list[int]] = current().platform.ready.get("processes", {})
        wanted = names or [name for name in known if name.split("-")[0] == SERVICE]
        if not wanted or set(wanted) - set(known):
            raise AssayError(
                f"the launcher of {current().target.name} does not say which processes are {', '.join(names) or 'the store'}'s"
            )
        return [pid for name in wanted for pid in known[name]]

    @keyword
    def secret_of_the_target(self, name: str) -> Secret:
        """A secret that the target has by a name, ``admin_key`` for instance (``secrets`` of the target).

        Example: | ${key} = | `Secret Of The Target` | admin_key |
        """
        found = current().platform.secret(name)
        conceal(found, name.replace("_", " "))
        return Secret(found)


def _folder(kind: str, what: str) -> str:
    found = Path(str(current().platform.observed(kind)[SERVICE]))
    if not found.is_dir():
        raise Unmet(f"{what} where the target says that it is", "no directory", str(found))
    return str(found)

"""Keywords about a store that may refuse to start, where it could serve nothing."""

from __future__ import annotations

import time

from robot.api import logger
from robot.api.deco import keyword

from assay.core import reach
from assay.core.errors import AssayError, PlatformError
from assay.core.platform import Platform
from assay.core.reach import Way
from assay.core.run import current
from assay.core.waiting import until
from assay.evidence.expect import expect
from assay.store import doors
from assay.store.doors import GRPC, REST, SERVICE

DISTURBING = ("disturbing",)
_PATIENCE, _CLOSED_WITHIN, _CLOSED_FOR = 2.0, 5.0, 2.0


class Starting:
    """The start of a store that lacks what it needs to open anything."""

    @keyword(tags=DISTURBING)
    def start_the_store_unless_it_refuses(self) -> bool:
        """Starts the store of the private platform and tells whether it serves. It may refuse to start: end with an error.

        For a store without the key to what is there, no start is as good as one that serves none of it. It counts as refused only
        where the launcher answers with an error and none of the store's doors takes a connection, then and for two seconds more:
        one that is only slow is not taken for one that refused.
        Example: | ${serves} = | `Start The Store Unless It Refuses` |
        """
        run = current()
        if not run.platform.private:
            raise AssayError("others use this store; start a private one in the suite's set-up")
        try:
            run.control(SERVICE, "start")
        except PlatformError as error:
            logger.info(f"The store did not start: {error}")
            self.nothing_should_be_served()
            return False
        return True

    @keyword
    def nothing_should_be_served(self) -> None:
        """Fails unless every door of the store is closed to connections within five seconds, and stays so for two.

        Example: | `Nothing Should Be Served` |
        """
        platform = current().platform
        places = _places(platform)
        until(lambda: True if not _open(places) else None, _CLOSED_WITHIN)
        still = until(lambda: _open(places) or None, _CLOSED_FOR) or []
        expect(not still, "no door of the store to take a connection", f"{', '.join(still)} did", SERVICE)


def _places(platform: Platform) -> dict[str, str]:
    """By the names of doors the URLs at which a connection would be taken."""
    found = {
        door: platform.url(SERVICE) if door == REST else f"http://{doors.address(platform, door)}"
        for door in doors.offered(platform)
    }
    if not found:
        raise AssayError(f"the target has no door of the store; accepted: {REST}, {GRPC} or workers")
    return found


def _open(places: dict[str, str]) -> list[str]:
    return [door for door, url in places.items() if _takes_connections(url)]


def _takes_connections(url: str) -> bool:
    try:
        reach.connect(url, Way(), time.monotonic() + _PATIENCE, tunnel=False).close()
    except ConnectionRefusedError:
        return False
    except OSError as error:
        raise AssayError(f"whether {url} takes connections could not be seen: {error}") from error
    return True

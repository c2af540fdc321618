"""Keywords about the platform itself: what it can do, private platforms, its services, fresh names, cleaning up."""

from __future__ import annotations

import contextlib
import re
import zlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from robot.api import SkipExecution, logger
from robot.api.deco import keyword, library
from robot.api.types import Secret
from robot.libraries.BuiltIn import BuiltIn
from robot.running.context import EXECUTION_CONTEXTS
from robot.utils import DotDict

from assay.core import capabilities, names
from assay.core.errors import AssayError, PlatformError
from assay.core.ledger import GIVEN, OPEN
from assay.core.run import current
from assay.core.tolerance import tolerated
from assay.evidence.expect import Unmet, expect
from assay.evidence.redact import conceal
from assay.platform.lease import Lease
from assay.platform.lifetimes import Lifetimes, beginner
from assay.platform.removal import Registry

_OWN = ("services", "profile")


DISTURBING = ("disturbing",)
"""The tag of keywords that only tests tagged `private` may use; a lint holds that."""


@library(scope="GLOBAL", version="1.0", doc_format="ROBOT")
class PlatformLibrary:
    """The platform under test, as a whole.

    A target file says where it runs and what it can do; see docs/writing-a-target.md.
    """

    def __init__(self) -> None:
        self._lent: tuple[str, int] = ("", 0)
        self._made = Registry(_call)
        self._lease = Lease()
        self.ROBOT_LIBRARY_LISTENER = self._lifetimes = Lifetimes(self._test_ends, self._made.suite_ends)

    @keyword(tags=DISTURBING)
    def start_a_private_platform(self, **settings: Any) -> None:
        """Starts a platform for this suite alone; until it is stopped every call goes to it.

        It is stopped by `Stop The Private Platform`, at the latest at the end of the test or suite that started it.

        ``settings`` are settings of the platform by name (resources/contracts/settings.yaml), durations in seconds.
        ``services`` (comma separated) and ``profile`` (http, https) are asked of the launcher instead.
        A target that cannot start platforms (``auth.private``, ``store.private``), or cannot be told what is asked
        (``auth.settings``, ``auth.trusted-keys``, ``auth.conformance``, ``store.settings``, ``store.conformance``,
        ``store.depth-limit``, ``store.earlier-formats``), skips. Fails with the launcher's line when it does not start.

        | Start A Private Platform | access_token_lifetime=${2} | signing_algorithm=ES256 |
        """
        services = [word.strip() for word in str(settings.get("services", "auth")).split(",")]
        self.require_capability(*(f"{name}.private" for name in services), *_needed(settings, services))
        profile = settings.get("profile")
        asked = {name: _opened(value) for name, value in settings.items() if name not in _OWN}
        platform = current().start_private(asked, services, profile, _suite())
        self._lifetimes.began(platform.name)
        logger.info(
            f"{platform.name} of {current().target.name} is ready, with {', '.join(settings) or 'no settings'}."
        )

    @keyword(tags=DISTURBING)
    def starting_a_private_platform_should_fail(self, **settings: Any) -> None:
        """A platform with these settings must refuse to start, because of the setting and not for another reason.

        | Starting A Private Platform Should Fail | session_limit=${0} |
        """
        told = ", ".join(f"{name}={value}" for name, value in settings.items())
        try:
            self.start_a_private_platform(**settings)
        except PlatformError as error:
            expect(error.exit_code == 2, f"a start refused for the setting {told}", str(error))
            logger.info(str(error))
            return
        self.stop_the_private_platform()
        raise Unmet(f"a start refused for the setting {told}", "a platform that started")

    @keyword
    def stop_the_private_platform(self) -> None:
        """Stops the private platform of this suite. Does nothing when there is none, so it fits every teardown."""
        current().stop_private()

    @keyword
    def require_capability(self, *wanted: str) -> None:
        """Skips the test, or the suite when called in its set-up, where the target lacks one of the capabilities."""
        if lacking := capabilities.missing(wanted):
            raise SkipExecution(f"The target {current().target.name} lacks {', '.join(lacking)}.")

    @keyword
    def target_has(self, *wanted: str) -> bool:
        """Whether the target has every one of the capabilities."""
        return not capabilities.missing(wanted)

    @tolerated("auth.fuzzing")
    def fuzzing_is_tolerated(self) -> None:
        """Begins a keyword that sends malformed and hostile requests in numbers; only tests that need it may use that.

        It does nothing where the target tolerates it, and ends the test as an error of ours where it does not.
        """

    @tolerated("auth.floods")
    def floods_are_tolerated(self) -> None:
        """Begins a keyword that sends many requests in little time. See `Fuzzing Is Tolerated`."""

    @tolerated("auth.lockouts")
    def lockouts_are_tolerated(self) -> None:
        """Begins a keyword that locks out accounts or addresses. See `Fuzzing Is Tolerated`.

        Without it, a fifth wrong password for one account in one test is not sent where lockouts are not tolerated.
        """

    @tolerated("store.fuzzing")
    def fuzzing_of_the_store_is_tolerated(self) -> None:
        """Begins a keyword that sends the store malformed and hostile requests in numbers. See `Fuzzing Is Tolerated`."""

    @tolerated("store.floods")
    def floods_of_the_store_are_tolerated(self) -> None:
        """Begins a keyword that sends the store many requests in little time. See `Fuzzing Is Tolerated`."""

    @tolerated("store.destruction")
    def destruction_is_tolerated(self) -> None:
        """Begins a keyword that alters or removes sealed files of entities that the test made. See `Fuzzing Is Tolerated`."""

    @keyword(tags=DISTURBING)
    def stop_service(self, name: str) -> None:
        """Stops a service of the private platform in good order. See `Start Service`."""
        _control(name, "stop")

    @keyword(tags=DISTURBING)
    def start_service(self, name: str) -> None:
        """Starts a stopped or killed service of the private platform again, at the same address, and waits until it answers."""
        _control(name, "start")

    @keyword(tags=DISTURBING)
    def restart_service(self, name: str) -> None:
        """Stops and starts a service of the private platform."""
        _control(name, "restart")

    @keyword(tags=DISTURBING)
    def kill_service(self, name: str) -> None:
        """Ends a service of the private platform at once, as a crash would (SIGKILL)."""
        _control(name, "kill")

    @keyword(tags=DISTURBING)
    def pause_service(self, name: str) -> None:
        """Freezes a service of the private platform: it takes connections and answers nothing (SIGSTOP)."""
        _control(name, "pause")

    @keyword(tags=DISTURBING)
    def resume_service(self, name: str) -> None:
        """Lets a paused service go on (SIGCONT)."""
        _control(name, "resume")

    @keyword(tags=DISTURBING)
    def move_the_clock(self, by: timedelta, service: str = "auth") -> None:
        """Moves the clock of a service of the private platform, ahead or, by a negative time, behind, from where it is
        already (`auth.clock`, `store.clock`, and for one worker `store.worker-clocks`).

        What ends by that clock ends sooner or later for it: sessions, tokens, codes. Nothing else of the platform is moved.

        | Move The Clock | 29 minutes |
        """
        platform = current().platform
        ahead = platform.clocks_ahead.get(service, 0.0) + by.total_seconds()
        _control(service, "set-clock", ahead=ahead)
        platform.clocks_ahead[service] = ahead

    @keyword(tags=DISTURBING)
    def change_the_master_key(self, which: Literal["another", "first"], service: str = "store") -> None:
        """Has a service of the private platform be given a master key that it never had, or the one that it began with, from
        its next start on (`store.master-keys`).

        Example: | `Change The Master Key` | another |
        """
        _control(service, "set-master-key", which=which)

    @keyword(tags=DISTURBING)
    def bring_back_service(self, name: str) -> None:
        """Starts a service of the private platform that was stopped or killed, resumes it when it was paused, and waits until
        it answers. Does nothing to one that runs, so it fits every teardown."""
        with contextlib.suppress(PlatformError):
            _control(name, "resume")
        _control(name, "start")

    @keyword
    def account_of_the_target(self, name: str | None = None) -> DotDict:
        """An account that the target has of its own: ``email`` and ``password`` (a Secret).

        Without a name it is another one at each call in a test, so that a test can have several people; the test is skipped
        when there are no more. Until the test ends no other test of the run is given one, since what it does to them (their
        sessions, their passwords) would disturb the other; a password that it changes is put back then.
        """
        accounts = current().platform.accounts()
        if name is None:
            self._lease.take(beginner())
            name = self._next(list(accounts))
        self._check_password_of(name)
        account = current().platform.account(name)
        conceal(account["password"], "password")
        return DotDict(email=account["email"], password=Secret(account["password"]))

    def _test_ends(self, test: str) -> None:
        self._made.test_ends(test)
        self._lease.end(test)

    def _check_password_of(self, name: str) -> None:
        book = current().ledger
        for one in book.made.values() if book else ():
            if one.by == GIVEN and book and book.given.get(one.name) == name and one.why != OPEN:
                raise AssayError(
                    f"the password of the target's account {name} could not be put back: {one.why}"
                )

    def _next(self, accounts: list[str]) -> str:
        test, lent = self._lent
        lent = lent if test == beginner() else 0
        if lent >= len(accounts):
            raise SkipExecution(
                f"The target {current().target.name} has {len(accounts)} accounts; this test needs more."
            )
        self._lent = (beginner(), lent + 1)
        return accounts[(lent + zlib.crc32(beginner().encode())) % len(accounts)]

    @keyword
    def fresh_name(self, prefix: str = "assay") -> str:
        """A name that nothing else has, in this run or another; it carries the run's id."""
        return names.fresh_name(current().id, prefix)

    @keyword
    def fresh_names(self, count: int, prefix: str = "assay") -> list[str]:
        """So many names, each as of `Fresh Name`."""
        return [self.fresh_name(prefix) for _ in range(count)]

    @keyword
    def fresh_email(self, prefix: str = "user") -> str:
        """A mail address that nobody else has, in the target's ``mail_domain`` or as its ``mail_address`` says."""
        said = current().target.data
        pattern = said.get("mail_address") or f"{{name}}@{said.get('mail_domain', 'mail.assay.test')}"
        return names.fresh_email(current().id, pattern, prefix)

    @keyword
    def remember_to_remove(self, operation: str, **fields: Any) -> None:
        """Has something removed by an operation at the end of the suite, the last that was made first.

        ``fields`` are those of `Call`, ``token`` among them. A platform that Assay started goes away whole, so nothing is
        removed there one by one. What could not be removed is listed with the results (left-behind.txt).
        Accounts that sign up and sessions that begin are remembered without it (resources/removals.yaml).

        | Remember To Remove | auth.endSession | session_id=${session}[id] | token=${user}[access_token] |
        """
        self._made.remember(_suite(), operation, fields)

    @keyword
    def platform_setting(self, name: str) -> Any:
        """What the platform in use is set to, by the name of the setting (resources/contracts/settings.yaml).

        That is what it was started with, else what the target says under ``settings``, else what the contract says that
        it is by itself. Fails for a setting that nobody knows.

        | ${seconds} = | Platform Setting | access_token_lifetime |
        """
        return current().platform.setting(name)

    @keyword
    def address_of_operation(self, operation: str) -> str:
        """The URL at which an operation is asked, as the contract or the dialect spells it.

        Example: | ${address} = | `Address Of Operation` | auth.getJwks |
        """
        platform = current().platform
        return platform.url(operation.partition(".")[0]) + platform.spelling(operation).steps[-1].path

    @keyword
    def most_memory_of_service(self, name: str) -> int:
        """The most memory that a service of a launched platform has held until now, in bytes, all its processes together.

        Linux tells it as the peak of the resident set. Fails where the launcher does not say which processes are the service's.
        """
        found = current().platform.ready.get("processes", {}).get(name, [])
        if not found:
            raise AssayError(
                f"the launcher of {current().target.name} does not say which processes are {name}'s"
            )
        peaks = [
            re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
            for process in found
        ]
        return sum(int(peak.group(1)) * 1024 for peak in peaks if peak)


def _call(operation: str, fields: Mapping[str, Any]) -> Any:
    """Calls an operation by the keyword for it, which whoever made the thing has imported."""
    library_of_calls: Any = BuiltIn().get_library_instance("assay.HttpLibrary")
    return library_of_calls.call(operation, **fields)


def _control(name: str, action: str, **told: Any) -> None:
    run = current()
    if not run.platform.private:
        raise AssayError(
            f"{action} {name} is refused: others use this platform; start a private one in the suite's set-up"
        )
    run.control(name, action, **told)
    logger.info(f"{action} {name}: done")


def _needed(settings: dict[str, Any], services: list[str]) -> set[str]:
    special = {
        "trusted_keys": "auth.trusted-keys",
        "token_conformance": "auth.conformance",
        "sealing_conformance": "store.conformance",
        "begins_with": "store.earlier-formats",
        "document_depth": "store.depth-limit",
    }
    asked = [name for name in settings if name not in _OWN]
    return {special[name] for name in asked if name in special} | {
        f"{service}.settings" for service in services if set(asked) - set(special)
    }


def _opened(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.value
    if isinstance(value, dict):
        return {name: _opened(item) for name, item in value.items()}
    return [_opened(item) for item in value] if isinstance(value, list) else value


def _suite() -> str:
    context: Any = EXECUTION_CONTEXTS.current
    return str(context.suite.full_name) if context and context.suite else ""

"""Keywords that search what a platform leaves on the disk and in its processes for plaintext and keys."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from robot.api import SkipExecution, logger
from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.blob import keys, matching
from assay.blob.leaks import Leak, Search
from assay.blob.matching import Matcher
from assay.blob.trees import walk
from assay.core.errors import AssayError
from assay.evidence.exchange import table
from assay.evidence.expect import Unmet, expect
from assay.evidence.redact import conceal
from assay.evidence.search import search_text

_LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_MOST = 1000

_CRASH = re.compile(
    r"^panic:|^fatal error:|^goroutine \d+ \[|Traceback \(most recent call last\)|DATA RACE|segmentation fault",
    re.IGNORECASE,
)


@library(scope="GLOBAL", auto_keywords=False)
class CanaryLibrary:
    """Registers canaries (texts that a platform must seal, keys that it must not leave) and searches for them in every form.

    Forms are: raw, hexadecimal, base64 and base64url at each alignment, UTF-16, escaped as in JSON, URLs and HTML, and all
    of these inside gzip and zlib. A finding says where and in which form, and never shows the canary. They are forgotten as a
    test ends.

    | ${canary} = | `A Fresh Canary` | the note of alice |
    | Put Entity  | notes | 17 | ${canary} |
    | `Canaries Should Not Be In` | ${store} | ${logs} |
    """

    ROBOT_LISTENER_API_VERSION = 3

    def __init__(self) -> None:
        self.ROBOT_LIBRARY_LISTENER = self
        self._values: dict[str, Mapping[str, bytes]] = {}
        self._matcher: Matcher | None = None

    def _end_test(self, data: object, result: object) -> None:
        self.forget_canaries()

    @keyword
    def a_fresh_canary(self, name: str) -> Secret:
        """Makes and registers a text of 32 random letters and digits (187 bits), and returns it as a Secret.

        Example: | ${canary} = | `A Fresh Canary` | the note of alice |
        """
        value = Secret("".join(secrets.choice(_LETTERS) for _ in range(32)))
        self.register_canary(name, value)
        return value

    @keyword
    def register_canary(self, name: str, value: Secret | str) -> None:
        """Registers a text that must not be found; of at least 12 bytes, and of no other thing's beginnings.

        Example: | `Register Canary` | the password of alice | ${password} |
        """
        text = str(value.value) if isinstance(value, Secret) else value
        self._add(name, matching.text_forms(text))
        conceal(text, "canary")

    @keyword
    def register_key(self, name: str, key: Secret | str) -> None:
        """Registers a key that must not be found: its bytes in every form; of a PEM or age key the text.

        | =Argument= | =Meaning= |
        | `key`      | hexadecimal, base64, a private key in PEM, AGE-SECRET-KEY-1... |

        Example: | `Register Key` | the master key | ${key} |
        """
        octets = keys.octets(key)
        as_text = octets.startswith((b"-----BEGIN", b"AGE-SECRET-KEY-"))
        self._add(name, _pem_forms(octets.decode()) if as_text else matching.key_forms(octets))

    @keyword
    def forget_canaries(self) -> None:
        """Forgets all that is registered. Does nothing where there is nothing, so it fits every teardown."""
        self._values.clear()
        self._matcher = None

    @keyword
    def canaries_should_not_be_in(self, *places: Path) -> None:
        """Fails where a canary stands in one of the files, or in a file below one of the folders or in its name.

        What may not be read is told in the log. Fails too where nothing at all could be read. Source: WSTG-CRYP-03, CWE-312,
        CWE-532. Example: | `Canaries Should Not Be In` | ${store} | ${logs} |
        """
        self._expect_none(lambda search: search.trees(places), ", ".join(map(str, places)))

    @keyword
    def canaries_should_not_be_in_processes(self, *pids: int) -> None:
        """Fails where a canary stands in the command line or environment of a process (CWE-214), and where one may not be read.

        Example: | `Canaries Should Not Be In Processes` | ${pid} |
        """

        def look(search: Search) -> None:
            for pid in pids:
                search.process(pid)

        search = self._expect_none(look, f"the processes {', '.join(map(str, pids))}")
        if search.unread:
            raise AssayError(f"not all of the processes can be looked at:{_unread(search)}")

    @keyword
    def canaries_should_not_be_in_memory(self, *pids: int) -> None:
        """Fails where a canary stands in what a process may write to in its memory; says which may not be read (CWE-226, CWE-316).

        Call `Canaries Should Be In Memory` before, while it must be there: what is never found shows nothing.
        Example: | `Canaries Should Not Be In Memory` | ${pid} |
        """
        self._expect_none(
            lambda search: _look_into(search, pids), f"the memory of {', '.join(map(str, pids))}"
        )

    @keyword
    def canaries_should_be_in_memory(self, *pids: int) -> None:
        """Skips the test where no canary can be found in the memory of any process, so that its not being there would show nothing.

        Example: | `Canaries Should Be In Memory` | ${pid} |
        """
        search = self._search(lambda search: _look_into(search, pids))
        if not search.leaks:
            raise SkipExecution(
                f"No canary is found in the memory of {', '.join(map(str, pids))} while it is in use.{_unread(search)}"
            )

    @keyword
    def processes_should_leave_no_core_files(self, *pids: int) -> None:
        """Fails where a process that crashes may write its memory to a file: its soft limit of core files is not 0 (CWE-528).

        Example: | `Processes Should Leave No Core Files` | ${pid} |
        """
        if not pids:
            raise AssayError("name at least one process")
        for pid in pids:
            limits = Path(f"/proc/{pid}/limits").read_text("utf-8")
            soft = next(
                line.split()[4] for line in limits.splitlines() if line.startswith("Max core file size")
            )
            expect(
                soft == "0",
                "no core file of a process that holds keys",
                f"up to {soft} bytes",
                f"process {pid}",
            )

    @keyword
    def logs_should_tell_of_no_crash(self, *logs: Path) -> None:
        """Fails where a log has the words of a crash: a panic, a stack trace, a data race (Jepsen, log file patterns).

        Example: | `Logs Should Tell Of No Crash` | ${log} |
        """
        if not logs:
            raise AssayError("name at least one log")
        for log in logs:
            for number, line in enumerate(log.read_text("utf-8", "replace").splitlines(), 1):
                expect(
                    not _CRASH.search(line),
                    "a log without a crash",
                    line.strip()[:200],
                    f"{log.name}:{number}",
                )

    @keyword
    def canaries_should_not_be_in_bytes(self, what: str, octets: bytes | str) -> None:
        """Fails where a canary stands in what is handed over: an answer's body, a dump, a row of a database.

        Example: | `Canaries Should Not Be In Bytes` | the dump of the session store | ${dump} |
        """
        given = octets.encode() if isinstance(octets, str) else octets
        self._expect_none(lambda search: search.given(what, given), what)

    @keyword
    def canaries_found_in(self, *places: Path) -> list[Leak]:
        """Every canary found, each once in a form and file: `name`, `form`, `place`, `offset`, `around`. Fails never.

        A control of the search, or for what some places are allowed to hold.
        Example: | ${found} = | `Canaries Found In` | ${export folder} |
        """
        search = self._search(lambda one: one.trees(places))
        return search.leaks

    @keyword
    def names_should_not_hold(self, folder: Path, *words: Secret | str) -> None:
        """Fails where the name of a file or folder below a folder holds one of the words, in any form; short ones too.

        Example: | `Names Should Not Hold` | ${store} | notes | ${key of the entity} |
        """
        texts = {f"word {number}": _plain(word) for number, word in enumerate(words, 1)}
        if not texts or not all(texts.values()):
            raise AssayError("there must be words to look for, and none of them empty")
        names = [os.path.relpath(entry.path, folder) for entry in walk(folder)]
        found = [f"{name} holds {said} ({form})" for name in names for said, form in search_text(name, texts)]
        logger.info(f"{len(names)} names below {folder} were searched for {len(words)} words.")
        expect(names, "files to look at", "none", str(folder))
        expect(not found, "names that show nothing of what they hold", "; ".join(found[:20]), str(folder))

    def _add(self, name: str, forms: Mapping[str, bytes]) -> None:
        if len(self._values) >= _MOST and name not in self._values:
            raise AssayError(f"there are {_MOST} canaries already; call `Forget Canaries` between tests")
        Matcher({name: forms})
        self._values[name] = forms
        self._matcher = None

    def _search(self, look: Callable[[Search], None]) -> Search:
        if not self._values:
            raise AssayError("no canary is registered, so nothing could be found")
        if self._matcher is None:
            self._matcher = Matcher(self._values)
        search = Search(self._matcher)
        look(search)
        told = f"canaries: {len(self._values)}, places: {search.places:,}, bytes: {search.octets:,}"
        logger.info(f"Searched for {told}.{_unread(search)}")
        if search.leaks:
            rows = [
                (leak.name, leak.form, f"{leak.place}\nat byte {leak.offset}", leak.around)
                for leak in search.leaks
            ]
            logger.info(
                table(f"{len(rows)} found of {told}", ("Canary", "Form", "Where", "Around"), rows), html=True
            )
        return search

    def _expect_none(self, look: Callable[[Search], None], where: str) -> Search:
        search = self._search(look)
        if not search.octets and not search.leaks:
            raise AssayError(
                f"nothing of {where} could be read, so nothing is shown:{_unread(search) or ' it is empty'}"
            )
        if search.leaks:
            told = "; ".join(map(str, search.leaks[:20]))
            more = f"; {len(search.leaks) - 20} more" if len(search.leaks) > 20 else ""
            raise Unmet(f"none of {len(self._values)} canaries", told + more, where, _names(search.leaks))
        return search


def _look_into(search: Search, pids: Sequence[int]) -> None:
    for pid in pids:
        search.memory(pid)


def _names(leaks: Sequence[Leak]) -> list[str]:
    return sorted({leak.name for leak in leaks})


def _unread(search: Search) -> str:
    told = [f" Not readable: {place} ({why})." for place, why in sorted(search.unread.items())]
    told += [f" Too large to be inflated wholly: {place}." for place in search.cut]
    return "".join(told)


def _plain(word: Secret | str) -> str:
    return str(word.value) if isinstance(word, Secret) else word


def _pem_forms(text: str) -> dict[str, bytes]:
    """Of a key in PEM, what stands between its lines is looked for: whoever copies it may set the lines otherwise."""
    lines = [line for line in text.splitlines() if line and not line.startswith("-----")]
    longest = max(lines, key=len)
    return {
        **matching.text_forms(longest),
        "without line ends": "".join(lines)[64:128].encode() or longest.encode(),
    }

"""Keywords about requests below HTTP: bytes that are unclear, heads without end, requests that never arrive."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from robot.api import logger
from robot.api.deco import keyword, library

from assay.core.errors import AssayError, NoAnswer
from assay.core.run import current
from assay.evidence import live
from assay.evidence.exchange import RowResult, rows_table
from assay.evidence.expect import Unmet, expect
from assay.http.calls import Caller
from assay.rest import wire

_MANY = 40
_ASKED = 10  # the first may come before those that wait are in anybody's way
_ANSWERING = 20.0
_UNREAD = "answers unread"
_ENDLESS = 30.0  # seconds for a head that is sent until it is refused


@library(scope="GLOBAL", auto_keywords=False)
class WireLibrary:
    """Sends what no HTTP library would, by the method and path that the target's dialect gives an operation."""

    def __init__(self) -> None:
        self._caller = Caller()

    @keyword
    def unclear_requests_should_be_refused(self, operation: str) -> None:
        """Sends bodies with two lengths, with chunks in disguise, with bare line ends, each with another request behind it.

        Each is refused with a status of 4xx, and the connection is closed, so that the request behind it is never answered.
        An unknown coding may be refused by 501 too; what has chunks and a length may be read by its chunks, if the connection
        is closed then; and bad chunks may be refused by closing without a word.
        Source: RFC 9112, 5.1, 6.1, 6.3, 7.1, 8 and 11.2; ASVS 5.0, 4.2.1; WSTG-INPV-16.
        Example: | `Unclear Requests Should Be Refused` | auth.logIn |
        """
        method, path = _address(operation)
        media = current().platform.spelling(operation).steps[-1].media
        self._rows(operation, "requests with an unclear end", wire.unclear(method, path, media))

    @keyword
    def heads_that_are_no_http_should_be_refused(self, operation: str) -> None:
        """Sends heads without a host or with several, of no version or another, and heads without end.

        Heads without end are sent until they are refused, 16 MiB at most; another version may be refused by 505 too.

        Source: RFC 9112, 2.3, 3.2 and 3.2.2; RFC 9110, 15.5.15 and 15.6.6; RFC 6585, 5.
        Example: | `Heads That Are No HTTP Should Be Refused` | auth.getHealth |
        """
        _, path = _address(operation)
        self._rows(operation, "heads that are no HTTP", wire.heads(path))

    @keyword
    def paths_beside_should_not_be_taken(self, operation: str) -> None:
        """Asks for the path of an operation with a slash at its end, with two at its beginning, in capitals, and with an ending of a file.

        None of them is that path (RFC 3986, 6.2.2.1): each is refused with 4xx, or led elsewhere with 3xx. The path itself is the control.
        Source: RFC 3986, 6.2; CWE-178; CWE-647.
        Example: | `Paths Beside Should Not Be Taken` | auth.getHealth |
        """
        method, path = _address(operation)
        service = operation.partition(".")[0]
        results = list[RowResult]()
        for name, asked in wire.beside(path).items():
            text = f"{method} {asked} HTTP/1.1\r\nHost: {{host}}\r\nConnection: close\r\n\r\n"
            answer = self._caller.raw(service, [text], 0.0, 3.0, False)
            control = asked == path
            good = range(200, 300) if control else range(300, 500)
            expected, seen = (
                "2xx" if control else "4xx, or 3xx",
                str(answer.status or "closed without a word"),
            )
            held = answer.status in good
            results.append(RowResult(name, text, expected, seen, held, answer.seconds, control=control))
        _show(f"{operation}, paths beside", results)

    @keyword
    def what_is_no_request_should_be_told_apart(self, operation: str, times: int = 3) -> None:
        """Sends the same head that is no HTTP so often: each answer has an X-Request-Id, and each another.

        Example: | `What Is No Request Should Be Told Apart` | auth.getHealth |
        """
        service = operation.partition(".")[0]
        _, path = _address(operation)
        text = f"GET {path} HTTP/1.1\r\nHost: {{host}}\r\nX-A: \0\r\n\r\n"
        ids = [wire.id_of(self._caller.raw(service, [text], 0.0, 3.0, False)) for _ in range(times)]
        expect(
            None not in ids and len(set(ids)) == times,
            f"{times} answers to what is no request, each with an X-Request-Id of its own",
            ids,
            operation,
        )

    @keyword
    def unfinished_requests_should_be_given_up(self, operation: str, within: timedelta) -> None:
        """Begins requests that do not go on, one without a byte, and fails unless the service ends each of them in time.

        Example: | `Unfinished Requests Should Be Given Up` | auth.logIn | within=5s |
        """
        method, path = _address(operation)
        begun = {name: self._unfinished(operation) for name in wire.beginnings(method, path)}
        results = []
        try:
            for name, text in wire.beginnings(method, path).items():
                begun[name].begin(text, 1)
            began = time.monotonic()
            for name, unfinished in begun.items():
                ended = unfinished.ended_within(began + within.total_seconds() - time.monotonic())
                seen = f"after {time.monotonic() - began:.1f} s" if ended else "still open"
                results.append(
                    RowResult(name, name, f"ended within {within.total_seconds():g} s", seen, ended)
                )
        finally:
            for unfinished in begun.values():
                unfinished.close()
        _show(f"{operation}, requests that never arrive", results)

    @keyword
    def trickling_requests_should_be_given_up(self, operation: str, within: timedelta) -> None:
        """Sends a head, a body and a chunk octet by octet, one each half second, and fails unless each is ended in time.

        No pause between two octets is a long one; it is the whole that takes too long. They go at the same time.
        Example: | `Trickling Requests Should Be Given Up` | auth.logIn | within=10s |
        """
        seconds = within.total_seconds()
        trickles = wire.trickles(*_address(operation))
        kept = {name: self._unfinished(operation) for name in trickles}

        def trickle(name: str) -> RowResult:
            text, more = trickles[name]
            began = time.monotonic()
            kept[name].begin(text, 1)
            ended = kept[name].ended_within(seconds, more)
            seen = f"after {time.monotonic() - began:.1f} s" if ended else "still open"
            return RowResult(name, name, f"ended within {seconds:g} s", seen, ended)

        try:
            with ThreadPoolExecutor(len(trickles)) as together:
                results = list(together.map(trickle, trickles))
        finally:
            for unfinished in kept.values():
                unfinished.close()
        _show(f"{operation}, requests that trickle", results)

    @keyword
    def others_should_be_served_beside(
        self, operation: str, other: str, kind: str, limit: timedelta = timedelta(seconds=3)
    ) -> None:
        """While forty requests to an operation stay unfinished, or unread, another operation is answered in time, ten times.

        `kind` is one of `nothing`, `half a head`, `half a body`, `half a chunk`, or `answers unread`.
        Example: | `Others Should Be Served Beside` | auth.logIn | auth.getHealth | half a body |
        """
        method, path = _address(operation)
        texts = {**wire.beginnings(method, path), _UNREAD: _pipelined(method, path)}
        if kind not in texts:
            raise AssayError(f"unknown kind '{kind}'; accepted: {', '.join(texts)}")
        unfinished = self._unfinished(operation)
        try:
            unfinished.begin(texts[kind], _MANY)
            begun = kind != _UNREAD or unfinished.answered_within(_ANSWERING)
            expect(begun, f"{operation} to be answered {_MANY} times", "less often")
            for _ in range(_ASKED):
                self._answered_in_time(other, kind, limit.total_seconds())
        finally:
            unfinished.close()

    def _answered_in_time(self, other: str, kind: str, seconds: float) -> None:
        beside = f"{other} beside {_MANY} with {kind}"
        try:
            answer = self._caller.call(other, {})
        except NoAnswer as error:
            raise Unmet(f"an answer within {seconds:g} s", str(error), beside) from error
        expect(answer.succeeded, f"{other} to succeed beside {_MANY} unfinished requests", answer.summary())
        expect(
            answer.seconds <= seconds,
            f"an answer within {seconds:g} s",
            f"{answer.seconds:.2f} s",
            beside,
        )

    def _unfinished(self, operation: str) -> wire.Unfinished:
        platform = current().platform
        service = operation.partition(".")[0]
        return wire.Unfinished(platform.url(service), platform.way(service), self._caller.source())

    def _rows(self, operation: str, title: str, wires: list[wire.Wire]) -> None:
        service = operation.partition(".")[0]
        results, usual = list[RowResult](), None
        for one in wires:
            within = _ENDLESS if one.endless else 3.0
            answer = self._caller.raw(service, [one.text], 0.0, within, False, one.endless)
            found = wire.complaint(one, answer)
            usual = usual or answer.status
            if one.control and not found and answer.status != usual:
                found = f"{answer.status}, where the first was answered with {usual}"
            expected = "answered" if one.control else "refused, and the connection closed"
            sent = one.text if len(one.text) < 400 else f"{one.text[:120]}… ({len(one.text)} characters)"
            seen = found or f"{answer.status or 'closed without a word'}"
            results.append(
                RowResult(one.name, sent, expected, seen, not found, answer.seconds, control=one.control)
            )
        _show(f"{operation}, {title}", results)


def _address(operation: str) -> tuple[str, str]:
    """The method and path of an operation, as the platform spells them."""
    step = current().platform.spelling(operation).steps[-1]
    if "{" in step.path or "://" in step.path:
        raise AssayError(f"{operation} has no path of its own on this platform: {step.path}")
    return step.method, step.path


def _pipelined(method: str, path: str) -> str:
    return f"{method} {path} HTTP/1.1\r\nHost: {{host}}\r\n\r\n" * 8


def _show(title: str, results: list[RowResult]) -> None:
    live.count_rows(len(results))
    logger.write(rows_table(title, results), "INFO", True)
    broken = [result for result in results if not result.held]
    if broken:
        listed = "; ".join(f"{result.name}: {result.seen}" for result in broken)
        raise Unmet(
            f"every row of '{title}' to be answered as its table expects",
            f"{len(broken)} of {len(results)} rows otherwise: {listed}",
            "the table in the log has each",
            [result.name for result in broken],
        )

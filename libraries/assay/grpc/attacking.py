"""Keywords that send what no client of gRPC would, and see whether the server bears it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from robot.api import logger
from robot.api.deco import keyword

from assay.core.errors import NoAnswer
from assay.evidence import live
from assay.evidence.exchange import RowResult, rows_table
from assay.evidence.expect import expect
from assay.evidence.sweep import judge
from assay.grpc import evidence, hostile, sending
from assay.grpc.connections import Connections
from assay.grpc.hostile import Hostile
from assay.grpc.probe import HostileAnswer

Metadata = Mapping[str, Any] | list[Any]
Message = Mapping[str, Any] | bytes
_TWO = timedelta(seconds=2)


class Attacking(Connections):
    """Rows of raw HTTP/2, each on a connection of its own, and floods."""

    @keyword
    def hostile_grpc_rows(self, group: str) -> list[Hostile]:
        """The rows of a group, each with its `name`, what is `expected` and the `source` that says so.

        | =Group=    | =What is spoilt= |
        | `message`  | protobuf and its frames: cut off, wrong types, lengths of 2^31, nested groups, a decompression bomb |
        | `metadata` | headers: names, values, sizes, pseudo-headers, timeouts, base64 |
        | `frames`   | HTTP/2 itself: padding, streams, settings, windows, HPACK, resets, the preface |

        Example: | ${rows} = | `Hostile Grpc Rows` | metadata |
        """
        return hostile.rows(group)

    @keyword
    def send_hostile_grpc(
        self,
        alias: str,
        method: str,
        row: str | Hostile,
        message: Message = b"",
        *,
        metadata: Metadata | None = None,
        within: timedelta = _TWO,
    ) -> HostileAnswer:
        """Sends one row, by its name, on a new connection and returns what came back. No answer is an answer here.

        `message` and `metadata` are those of a good call, which the row spoils. Returns `headers`, `trailers`, `code`, `status` (of
        HTTP), `resets`, `goaway`, `closed` and `seconds`; `accepted` and `refused` tell what became of it.
        Example: | ${seen} = | `Send Hostile Grpc` | store | grpc.health.v1.Health/Check | an upper-case name |
        """
        channel = self.channel(alias)
        chosen = row if isinstance(row, Hostile) else hostile.row(row)
        good = sending.shape(channel, method, message, metadata)
        seen = sending.send(channel, chosen, good, within.total_seconds())
        evidence.show_hostile(f"{method} at {alias}", chosen.name, seen)
        return seen

    @keyword
    def hostile_grpc_should_be_borne(
        self,
        alias: str,
        method: str,
        group: str,
        message: Message = b"",
        *,
        metadata: Metadata | None = None,
        strictly: bool = False,
        within: timedelta = _TWO,
    ) -> None:
        """Sends every row of a group and fails, naming each, when one does not come to what a sound server makes of it, and when a
        good call is not served afterwards.

        The good call is sent the same way first: it is the control. Where large implementations do otherwise than RFC 9113 or
        gRPC over HTTP/2 say, a row has to be borne only, unless `strictly`.
        Source: RFC 9113; gRPC over HTTP/2; CVE-2019-9511 and the like; CWE-409, CWE-674, CWE-770, CWE-789.
        Example: | `Hostile Grpc Should Be Borne` | store | deltadb.MainWorker/Process | message | ${request} |
        """
        channel = self.channel(alias)
        good = sending.shape(channel, method, message, metadata)
        rows = [sending.control(good), *(one.judged(strictly) for one in hostile.rows(group))]
        seconds = within.total_seconds()
        control = sending.send(channel, rows[0], good, seconds)
        results = [_result(rows[0], control, control_row=True)]
        if control.accepted:
            seen = sending.send_all(channel, rows[1:], good, seconds)
            results += [_result(row, one) for row, one in zip(rows[1:], seen, strict=True)]
            again = Hostile("the good form afterwards", "", "accepted", rows[0].build)
            results.append(_result(again, sending.send_all(channel, [again], good, 2 * seconds)[0]))
        live.count_rows(len(results))
        logger.write(rows_table(f"{method}, {group} that no client sends", results), "INFO", True)
        judge(method, results)

    @keyword
    def flood_grpc(
        self,
        alias: str,
        method: str,
        kind: str,
        count: int = 1000,
        *,
        metadata: Metadata | None = None,
        within: timedelta = timedelta(seconds=10),
    ) -> HostileAnswer:
        """Sends much of one kind on one connection, until the server ends it, and returns what came back.

        | =Kind=          | =What it is= |
        | `rapid resets`  | calls that are reset at once (CVE-2023-44487) |
        | `pings`         | PING without a call (CVE-2019-9512; gRPC A8: too_many_pings) |
        | `settings`      | SETTINGS (CVE-2019-9515) |
        | `empty data`    | DATA without an octet (CVE-2019-9518) |
        | `continuations` | headers without end (CVE-2024-27316) |
        | `streams`       | calls that stay open; with ``count=0`` one more than the server allows (RFC 9113, 5.1.2) |

        At most 20000. `sent` of the answer is how many were sent before the server ended the connection.
        Example: | ${seen} = | `Flood Grpc` | store | grpc.health.v1.Health/Check | pings | 200 |
        """
        channel = self.channel(alias)
        good = sending.shape(channel, method, b"", metadata)
        seen = sending.flood(channel, good.headers, kind, count, within.total_seconds())
        live.count_rows(seen.sent)
        evidence.show_hostile(f"{kind}, {seen.sent} of {count or 'as many as are allowed'}", method, seen)
        return seen

    @keyword
    def hostile_grpc_should_be_refused(self, seen: HostileAnswer, as_: str = "") -> None:
        """Fails unless what came back is a refusal: a status, a reset, the end of the connection. `as_` must stand in its summary.

        Example: | `Hostile Grpc Should Be Refused` | ${seen} | too_many_pings |
        """
        expect(seen.refused, "a refusal", seen.summary())
        expect(as_.lower() in seen.summary().lower(), f"a refusal with '{as_}'", seen.summary())


def _result(row: Hostile, seen: HostileAnswer | NoAnswer, control_row: bool = False) -> RowResult:
    if isinstance(seen, NoAnswer):
        return RowResult(row.name, row.source, row.expected, str(seen), False, control=control_row)
    held = row.held(seen)
    return RowResult(
        row.name,
        row.source or row.name,
        row.expected,
        seen.summary(),
        held,
        seen.seconds,
        control=control_row,
    )

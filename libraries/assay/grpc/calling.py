"""Keywords that call methods and judge the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from robot.api import logger
from robot.api.deco import keyword

from assay.core.errors import AssayError, NoAnswer
from assay.core.rows import Row
from assay.evidence import live
from assay.evidence.exchange import RowResult, rows_table
from assay.evidence.expect import Unmet
from assay.evidence.sweep import check_rows, judge
from assay.grpc import evidence
from assay.grpc.answers import GrpcAnswer
from assay.grpc.channel import IN_FLIGHT
from assay.grpc.connections import Connections
from assay.grpc.expectations import SUCCESS, Expectation
from assay.grpc.rows import Rows
from assay.grpc.settings import Compression

Metadata = Mapping[str, Any] | list[Any]
Message = Mapping[str, Any] | bytes
_NAMED = 10


class Calling(Connections):
    """Calls of one method, once, often, or for each row of a table."""

    @keyword
    def call_grpc(
        self,
        alias: str,
        method: str,
        message: Message | list[Any] = b"",
        *,
        metadata: Metadata | None = None,
        deadline: timedelta | None = None,
        compression: Compression | None = None,
    ) -> GrpcAnswer:
        """Calls a method and returns how it ended, whatever that is; of a stream, all of it.

        | =Argument=    | =Meaning= |
        | `method`      | ``package.Service/Method`` |
        | `message`     | a dictionary of the proto's fields; values may be ``Secret``, those of bytes ``bytes``. Bytes go as they are. \
A list has the messages of a stream |
        | `metadata`    | a dictionary (a list as a value is a name that comes several times), or a list of ``name=value``; values \
may be ``Secret``; those of names that end in ``-bin`` are bytes, or texts to send in UTF-8 |
        | `deadline`    | the deadline, which the server is told as well |
        | `compression` | ``gzip`` or ``deflate`` for what is sent |

        Returns an answer with `code` (the status by name), `message`, `details`, `metadata`, `trailers`, `body`, `bodies` and
        `seconds`. Fails as an error when no connection can be made, and when nothing came within the patience of the connection
        though no deadline was given.
        Example: | ${answer} = | `Call Grpc` | store | deltadb.MainWorker/Process | ${request} | deadline=2s |
        """
        seconds = deadline.total_seconds() if deadline is not None else None
        answer = self.channel(alias).call(method, message, metadata, seconds, compression)
        evidence.show(answer, message, metadata, alias)
        return answer

    @keyword
    def call_grpc_many(
        self,
        alias: str,
        method: str,
        messages: list[Any] | None = None,
        times: int | None = None,
        message: Message = b"",
        *,
        metadata: Metadata | None = None,
        deadline: timedelta | None = None,
        in_flight: int = IN_FLIGHT,
    ) -> list[GrpcAnswer]:
        """Calls a method of one message each way once for each message, many at a time, and returns the answers in order.

        Give either `messages`, a list, or `times`, for equal calls with one `message`. No more than `in_flight` are on their way at
        a moment.
        Example: | ${answers} = | `Call Grpc Many` | store | deltadb.MainWorker/Process | times=${200} | message=${request} |
        """
        if (messages is None) == (times is None):
            raise AssayError("Call Grpc Many takes either messages= or times=")
        wanted = messages if messages is not None else [message] * (times or 0)
        if not wanted:
            raise AssayError("Call Grpc Many has nothing to send")
        seconds = deadline.total_seconds() if deadline is not None else None
        answers = self.channel(alias).call_many(method, wanted, metadata, seconds, in_flight)
        live.count_rows(len(answers))
        evidence.show_many(answers, wanted, metadata, alias)
        return answers

    @keyword
    def call_each_grpc_row(
        self,
        alias: str,
        method: str,
        rows: Sequence[Row],
        refused_as: str = "UNAUTHENTICATED",
        *,
        message: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        pattern: str | None = None,
    ) -> None:
        """Sends every row of a table and fails, naming each, when one is not answered as expected.

        | =Argument=   | =Meaning= |
        | `rows`       | 2 to 150 rows from a library; control rows (`accepted`) must succeed, all others be refused |
        | `refused_as` | the status code of the refusals, or several with commas between them |
        | `message`    | fields that all rows have; a row's own come in their place |
        | `metadata`   | metadata that all rows have |
        | `pattern`    | a regular expression for the messages of the refusals |

        Of a row's request `headers` is metadata and `authorization` is that header; `token` is the method's field of that name, or else
        a bearer token. A table without rows or without a control row fails: it could not show anything.
        Example: | `Call Each Grpc Row` | store | deltadb.MainWorker/Process | ${forgeries} | UNAUTHENTICATED | message=${request} |
        """
        check_rows(rows)
        sender = Rows(self.channel(alias), method, dict(message or {}), dict(metadata or {}), alias)
        results: list[RowResult] = []
        expected = Expectation.read(refused_as, pattern)
        try:
            sender.run(rows, expected, results)
        finally:
            live.count_rows(len(results))
            logger.write(rows_table(f"{method}, each row {expected}", results), "INFO", True)
        judge(method, results)

    @keyword
    def grpc_should_succeed(self, answer: GrpcAnswer | list[GrpcAnswer]) -> Any:
        """Fails unless an answer, or each of a list, has the status OK and a message that can be read; returns the body of one.

        Example: | ${body} = | `Grpc Should Succeed` | ${answer} |
        """
        if isinstance(answer, GrpcAnswer):
            SUCCESS.check(answer)
            return answer.body
        if not answer:
            raise AssayError(
                "Grpc Should Succeed was given no answers: that would hold whatever the server does"
            )
        broken = [
            f"call {number}: {one.summary()}" for number, one in enumerate(answer, 1) if not one.succeeded
        ]
        if broken:
            more = f"; and {len(broken) - _NAMED} more" if len(broken) > _NAMED else ""
            seen = f"{len(broken)} did not: {'; '.join(broken[:_NAMED])}{more}"
            raise Unmet(f"all {len(answer)} calls of {answer[0].operation} to succeed", seen, answer[0].where)
        return None

    @keyword
    def grpc_should_fail_with(
        self,
        answer: GrpcAnswer,
        code: str,
        message: str | None = None,
        *,
        reason: str | None = None,
        said: bool = True,
    ) -> None:
        """Fails unless an answer is a failure with exactly this status code.

        | =Argument= | =Meaning= |
        | `code`     | the name of the code, ``NOT_FOUND``, or several with commas between them |
        | `message`  | a regular expression to be found in the message |
        | `reason`   | the reason of a google.rpc.ErrorInfo among the details |
        | `said`     | whether the server itself must have said so; a client gives codes of its own to lost connections and resets \
(statuscodes.md). Of cancellations and deadlines it does not matter |

        Example: | `Grpc Should Fail With` | ${answer} | NOT_FOUND | no such entity |
        """
        Expectation.read(code, message, reason, said).check(answer)

    @keyword
    def grpc_should_still_serve(
        self,
        alias: str,
        method: str,
        message: Message = b"",
        *,
        metadata: Metadata | None = None,
        within: timedelta = timedelta(seconds=5),
    ) -> GrpcAnswer:
        """Fails unless a good call succeeds on a connection of its own, in time; after what may have harmed the server.

        Example: | `Grpc Should Still Serve` | store | grpc.health.v1.Health/Check |
        """
        channel = self.channel(alias)
        channel.wire.close()
        try:
            answer = channel.call(method, message, metadata, within.total_seconds())
        except NoAnswer as error:
            raise Unmet(f"{method} to be served still", str(error), channel.endpoint.address) from error
        evidence.show(answer, message, metadata, alias)
        SUCCESS.check(answer)
        return answer

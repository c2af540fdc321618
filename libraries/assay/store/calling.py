"""Keywords that call operations at a door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

from robot.api import logger
from robot.api.deco import keyword
from robot.api.types import Secret
from robot.utils import timestr_to_secs as convert_time

from assay.core import tolerance
from assay.core.credentials import IssuedCertificate
from assay.core.errors import AssayError, NoAnswer
from assay.core.rows import Row
from assay.core.waiting import until
from assay.evidence import live, sweep
from assay.evidence.exchange import RowResult, exchange_table, exchanges_table, rows_table
from assay.evidence.expect import Unmet
from assay.grpc.settings import Compression
from assay.http import tables
from assay.http.answers import Response
from assay.http.expectations import SUCCESS, Expectation
from assay.store.sending import Sender
from assay.store.together import together

_FLOOD, _PAGES = 24, 1000


class Calling:
    """Operations at doors, one by one, in tables and at the same moment."""

    def __init__(self) -> None:
        self._sender = Sender()

    @keyword
    def call_at(
        self,
        door: str,
        operation: str,
        *,
        token: Secret | str | None = None,
        certificate: IssuedCertificate | None = None,
        deadline: timedelta | None = None,
        codec: str | None = None,
        compression: Compression | None = None,
        metadata: dict[str, Any] | None = None,
        **fields: Any,
    ) -> Response:
        """Calls an operation of the store at a door and returns its answer, whatever it is.

        | =Argument=    | =Meaning= |
        | `door`        | ``rest``, ``grpc``, ``worker-N``, or ``subscription`` for where workers subscribe |
        | `operation`   | its name in the contract without the service, ``getEntity`` |
        | `token`       | the token to present |
        | `certificate` | a client certificate of the test's own |
        | `deadline`    | over gRPC: the time that the call has; without one it has 5 s, and no answer is a failure |
        | `codec`       | over gRPC: ``protobuf`` or ``json`` in the place of the target's |
        | `compression` | over gRPC: ``gzip`` or ``deflate`` for each message that is sent, however small |
        | `metadata`    | over gRPC: metadata besides the token |
        | `fields`      | the operation's fields by the contract's names |

        ``putEntity`` (schema_id, key, document) is called at every door: over REST it is ``putEntities`` with one document.
        Example: | ${answer} = | `Call At` | worker-2 | getEntity | schema_id=${schema} | key=a | token=${token} |
        """
        special = {
            "token": token,
            "certificate": certificate,
            "codec": codec,
            "compression": compression,
            "metadata": metadata,
        }
        given = {name: value for name, value in special.items() if value is not None}
        if deadline is not None:
            given["deadline"] = deadline.total_seconds()
        answer = self._sender.send(door, operation, {**fields, **given})
        steps = answer.steps
        shown = exchange_table(steps[0]) if len(steps) == 1 else exchanges_table(answer.operation, steps)
        logger.write(shown, "INFO", True)
        return answer

    @keyword
    def begin_call_at(self, door: str, operation: str, **fields: Any) -> Future[Response]:
        """Calls an operation at a door without waiting for its answer, which `Answer Of The Call` gives.

        The fields are those of `Call At`. Example: | ${call} = | `Begin Call At` | worker-1 | putEntity | schema_id=${schema} | key=a |
        """
        if deadline := fields.get("deadline"):
            fields["deadline"] = convert_time(deadline)
        standing_in = self._sender.aside()

        def call() -> Response:
            with standing_in():
                return self._sender.send(door, operation, fields)

        thread = ThreadPoolExecutor(1)
        answer = thread.submit(call)
        thread.shutdown(wait=False)
        return answer

    @keyword
    def answer_of_the_call(self, call: Future[Response]) -> Response:
        """The answer of a call that was begun, whatever it is; waits for it.

        Example: | ${answer} = | `Answer Of The Call` | ${call} |
        """
        answer = call.result()
        logger.write(exchange_table(answer.steps[0]), "INFO", True)
        return answer

    @keyword
    def call_at_until(
        self,
        door: str,
        operation: str,
        expected: str = "accepted",
        *,
        within: timedelta = timedelta(seconds=5),
        **fields: Any,
    ) -> Response:
        """Calls an operation at a door again and again until it is answered as expected, and returns that answer.

        `expected` is ``accepted``, the name of a problem, or ``/version=2`` for a value in the body of a success.
        Example: | `Call At Until` | worker-1 | getEntity | not-found | schema_id=${schema} | key=a | token=${token} |
        """
        wanted = SUCCESS if expected == "accepted" else Expectation.read(expected)
        last: list[Response] = []

        def holds() -> Response | None:
            try:
                last[:] = [self._sender.send(door, operation, fields)]
            except NoAnswer:
                return None
            return last[0] if wanted.holds(last[0]) else None

        until(holds, within.total_seconds(), pause=0.05)
        if not last:
            raise NoAnswer(f"{operation} was not answered at {door} within {within.total_seconds():g} s")
        logger.write(exchange_table(last[0].steps[0]), "INFO", True)
        wanted.check(last[0])
        return last[0]

    @keyword
    def each_page_at(self, door: str, schema_id: str, limit: int, token: Secret | str) -> list[Response]:
        """Lists the keys of a schema page by page, each after the last key of the one before, and returns the answers.

        Ends after a page that says that nothing follows, and fails after 1,000 pages. Example:
        | ${pages} = | `Each Page At` | rest | ${schema} | ${100} | ${token} |
        """
        pages: list[Response] = []
        asked: dict[str, Any] = {"schema_id": schema_id, "limit": limit, "token": token}
        while not pages or asked.get("after"):
            pages.append(self._sender.send(door, "listEntities", asked))
            SUCCESS.check(pages[-1])
            asked["after"] = pages[-1].body.get("next")
            if len(pages) > _PAGES:
                raise Unmet("a last page", f"more than {_PAGES}", door)
        logger.info(f"{len(pages)} pages of {schema_id}, {limit} keys each at most.")
        return pages

    @keyword
    def call_each_row_at(
        self,
        door: str,
        operation: str,
        rows: Sequence[Row],
        refused_as: str = "invalid-request",
        status: int | None = None,
        **fields: Any,
    ) -> None:
        """Sends every row of a table to a door and fails, naming each, when one is not answered as expected.

        | =Argument=   | =Meaning= |
        | `rows`       | 2 to 150 rows from a library; control rows (`accepted`) must succeed, all others be refused |
        | `refused_as` | the problem's name in the contract |
        | `status`     | the HTTP status of the refusals, or the one that stands for their code |
        | `fields`     | what belongs to every row: fields, `token`, `certificate` |

        Example: | `Call Each Row At` | subscription | subscribe | ${rows} | refused_as=invalid-request |
        """
        sweep.check_rows(rows)
        expected = Expectation.read(refused_as, status)
        results: list[RowResult] = []
        try:
            tables.run_rows(
                lambda request: self._sender.send(door, operation, {**fields, **request}),
                rows,
                expected,
                results,
            )
        finally:
            live.count_rows(len(results))
            logger.write(rows_table(f"{operation} at {door}, each row {expected}", results), "INFO", True)
        sweep.judge(f"{operation} at {door}", results)

    @keyword
    def call_together_at(
        self, door: str, operation: str, times: int = 0, each: Sequence[Mapping[str, Any]] = (), **fields: Any
    ) -> list[Response]:
        """Calls an operation several times at the same moment and returns the answers in the order of the calls.

        Give either `times`, for equal calls, or `each`, a list of dictionaries of fields; `door` may be a list in turn, one door
        for each call. More than 24 are a flood (`needs:store.floods`).
        Example: | ${answers} = | `Call Together At` | grpc | getEntity | 10 | schema_id=${schema} | key=a | token=${token} |
        """
        requests = [{**fields, **one} for one in each or [{}] * times]
        if len(requests) < 2:
            raise AssayError(f"{len(requests)} calls are not together; give two or more")
        if len(requests) > _FLOOD:
            tolerance.require(
                "store.floods", f"Call Together At with {len(requests)} calls, more than {_FLOOD},"
            )
        with self._sender.elsewhere() as standing_in:

            def call(request: dict[str, Any]) -> Response:
                with standing_in():
                    return self._sender.send(str(request.pop("door", door)), operation, request)

            answers = together([partial(call, request) for request in requests])
        live.count_rows(len(answers))
        steps = [step for answer in answers for step in answer.steps]
        title = f"{operation} at {door}, {len(answers)} calls at the same moment"
        logger.write(exchanges_table(title, steps), "INFO", True)
        return answers

    @keyword
    def put_text_at(
        self, door: str, schema_id: str, key: str, text: str, token: Secret | None = None
    ) -> Response:
        """Writes a document that is given as JSON text, which is sent as it is, and returns the answer.

        Example: | ${answer} = | `Put Text At` | rest | ${schema} | a | {"n": 1.10} | token=${token} |
        """
        document: Any = text.encode()
        return self.call_at(door, "putEntity", token=token, schema_id=schema_id, key=key, document=document)

"""Keywords that call the store's operations at any of its doors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from robot.api import SkipExecution, logger
from robot.api.deco import keyword, library
from robot.api.types import Secret
from robot.utils import DotDict

from assay.core import tolerance
from assay.core.credentials import IssuedCertificate
from assay.core.errors import AssayError, NoAnswer
from assay.core.rows import Row
from assay.core.run import current
from assay.core.waiting import until
from assay.evidence import live, sweep
from assay.evidence.exchange import RowResult, exchange_table, exchanges_table, rows_table
from assay.evidence.expect import Unmet, expect
from assay.evidence.redact import conceal
from assay.http import tables
from assay.http.answers import Response
from assay.http.expectations import SUCCESS, Expectation
from assay.store import doors
from assay.store.answers import DoorAnswer
from assay.store.doors import REST, SERVICE
from assay.store.sending import Sender
from assay.store.texts import text_at
from assay.store.together import together

_FLOOD = 24


@library(scope="GLOBAL", auto_keywords=False)
class StoreLibrary:
    """Calls the store's operations at its doors: ``rest``, ``grpc`` (the main worker), ``worker-1`` and so on.

    An operation has one name, whichever door it is called at, and its answer has one form: `body` and `problem` in the
    contract's words, `status` as HTTP has it. Over gRPC `code` is the name of the status besides. So what judges answers of
    `Call` judges these too (`Should Succeed`, `Should Be Refused As`), and two doors can be compared.
    """

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
        | `metadata`    | over gRPC: metadata besides the token |
        | `fields`      | the operation's fields by the contract's names |

        ``putEntity`` (schema_id, key, document) is called at every door: over REST it is ``putEntities`` with one document.
        Example: | ${answer} = | `Call At` | worker-2 | getEntity | schema_id=${schema} | key=a | token=${token} |
        """
        special = {"token": token, "certificate": certificate, "codec": codec, "metadata": metadata}
        given = {name: value for name, value in special.items() if value is not None}
        if deadline is not None:
            given["deadline"] = deadline.total_seconds()
        answer = self._sender.send(door, operation, {**fields, **given})
        steps = answer.steps
        shown = exchange_table(steps[0]) if len(steps) == 1 else exchanges_table(answer.operation, steps)
        logger.write(shown, "INFO", True)
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
    def doors_of_the_store(self) -> list[str]:
        """The doors at which entities can be read and written, as the target offers them, REST first."""
        return doors.offered(current().platform)

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
        found = Path(str(current().platform.observed("files")[SERVICE]))
        if not found.is_dir():
            raise Unmet("the shared directory where the target says that it is", "no directory", str(found))
        return str(found)

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

    @keyword
    def should_be_the_document(self, answer: Response, document: Any, version: int | None = None) -> None:
        """Fails unless an answer is a success with exactly this document, in every number and the kind of it, and the version.

        Example: | `Should Be The Document` | ${answer} | ${document} | version=2 |
        """
        expect(answer.succeeded, f"{answer.operation} to succeed", answer.summary(), answer.operation)
        seen = answer.body.get("document") if isinstance(answer.body, dict) else None
        expect(_same(seen, document), f"the document {document!r}", seen, answer.operation)
        if version is not None:
            expect(
                answer.body.get("version") == version,
                f"version {version}",
                answer.body.get("version"),
                answer.operation,
            )

    @keyword
    def put_text_at(
        self, door: str, schema_id: str, key: str, text: str, token: Secret | None = None
    ) -> Response:
        """Writes a document that is given as JSON text, which is sent as it is, and returns the answer.

        Example: | ${answer} = | `Put Text At` | rest | ${schema} | a | {"n": 1.10} | token=${token} |
        """
        body: Any = text.encode()
        if door == REST:
            body = b"{" + json.dumps(key).encode() + b":" + body + b"}"
            return self.call_at(door, "putEntities", token=token, schema_id=schema_id, documents=body)
        return self.call_at(door, "putEntity", token=token, schema_id=schema_id, key=key, document=body)

    @keyword
    def text_of_the_document(self, answer: Response) -> str:
        """The document in the answer of ``getEntity`` as the text that it came as, every digit as it was written."""
        if isinstance(answer, DoorAnswer):
            return answer.text
        place = current().platform.spelling(f"{SERVICE}.getEntity").answers.get("/document", "/document")
        return text_at(answer.text, place)

    @keyword
    def documents_by_number(self, count: int) -> list[dict[str, Any]]:
        """So many dictionaries for `Call Together At`, each with another `document`."""
        return [{"document": {"number": number}} for number in range(count)]

    @keyword
    def one_should_have_succeeded(self, answers: Sequence[Response], problem: str) -> int:
        """Fails unless exactly one of the answers is a success and each other is refused for the problem; returns which one.

        Example: | ${number} = | `One Should Have Succeeded` | ${answers} | stale-version |
        """
        done = [number for number, answer in enumerate(answers) if answer.succeeded]
        expect(len(done) == 1, "one of the calls to succeed", f"{len(done)} of {len(answers)}")
        wrong = [answer.summary() for answer in answers if not answer.succeeded and answer.problem != problem]
        expect(not wrong, f"the others to be refused as {problem}", "; ".join(wrong[:5]))
        return done[0]

    @keyword
    def code_should_be(self, answer: Response, code: str) -> None:
        """Fails unless an answer over gRPC has the status of this name, ``DATA_LOSS`` for instance.

        Source: gRPC, status codes. Example: | `Code Should Be` | ${answer} | NOT_FOUND |
        """
        seen = answer.code if isinstance(answer, DoorAnswer) else f"HTTP {answer.status}"
        expect(seen == code, f"{answer.operation} to end with {code}", seen, answer.summary())

    @keyword
    def version_should_be(self, seen: int | None, version: int) -> None:
        """Fails unless a version is this one; where none was told it is None."""
        expect(seen == version, f"version {version}", "no version" if seen is None else f"version {seen}")

    @keyword
    def version_should_be_above(self, seen: int | None, version: int) -> None:
        """Fails unless a version is higher than this one."""
        expect(seen is not None and seen > version, f"a version above {version}", f"version {seen}")

    @keyword
    def entities_of(self, documents: Mapping[str, Any], **shared: Any) -> list[DotDict]:
        """A dictionary for each document by its key: `key`, `document` and what is shared by them."""
        return [DotDict({**shared, "key": key, "document": one}) for key, one in documents.items()]

    @keyword
    def version_of(self, answer: Response, key: str | None = None) -> int:
        """The version that an answer tells: of the entity, or of the `key` among several that were written."""
        body = answer.body if isinstance(answer.body, dict) else {}
        found = body.get("version")
        if found is None and isinstance(body.get("versions"), dict):
            told: dict[str, Any] = body["versions"]
            found = told.get(key) if key is not None else next(iter(told.values()), None)
        expect(isinstance(found, int), "a version, a whole number", found, answer.operation)
        return int(found)


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same as JSON: true is no 1, and a whole number no fraction."""
    if isinstance(one, dict | DotDict) and isinstance(other, dict | DotDict):
        return set(one) == set(other) and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and bool(one == other)

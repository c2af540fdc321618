"""Keywords that call the store's operations at any of its doors."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from robot.api import SkipExecution, logger
from robot.api.deco import keyword, library
from robot.api.types import Secret
from robot.libraries.BuiltIn import BuiltIn
from robot.utils import DotDict

from assay.core.credentials import IssuedCertificate
from assay.core.errors import AssayError
from assay.core.run import current
from assay.evidence.exchange import exchange_table
from assay.evidence.expect import Unmet, expect
from assay.evidence.redact import conceal
from assay.http.answers import Response
from assay.store import doors
from assay.store.doors import REST, SERVICE, RpcDoors


@library(scope="GLOBAL", auto_keywords=False)
class StoreLibrary:
    """Calls the store's operations at its doors: ``rest``, ``grpc`` (the main worker), ``worker-1`` and so on.

    An operation has one name, whichever door it is called at, and its answer has one form: `body` and `problem` in the
    contract's words, `status` as HTTP has it. Over gRPC `code` is the name of the status besides. So what judges answers of
    `Call` judges these too (`Should Succeed`, `Should Be Refused As`), and two doors can be compared.
    """

    def __init__(self) -> None:
        self._doors = RpcDoors()

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
        if door == REST:
            return self._call_rest(operation, token, certificate, fields)
        answer = self._doors.call(
            current().platform,
            door,
            operation,
            fields,
            token,
            certificate,
            deadline.total_seconds() if deadline else None,
            codec,
            metadata,
        )
        logger.write(exchange_table(answer.steps[0]), "INFO", True)
        return answer

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
    def version_of(self, answer: Response, key: str | None = None) -> int:
        """The version that an answer tells: of the entity, or of the `key` among several that were written."""
        body = answer.body if isinstance(answer.body, dict) else {}
        found = body.get("version")
        if found is None and isinstance(body.get("versions"), dict):
            told: dict[str, Any] = body["versions"]
            found = told.get(key) if key is not None else next(iter(told.values()), None)
        expect(isinstance(found, int), "a version, a whole number", found, answer.operation)
        return int(found)

    def _call_rest(
        self,
        operation: str,
        token: Secret | str | None,
        certificate: IssuedCertificate | None,
        fields: dict[str, Any],
    ) -> Response:
        if operation == "putEntity":
            operation = "putEntities"
            fields = {**fields, "documents": {fields.pop("key"): fields.pop("document")}}
        if version := fields.pop("expected_version", None):
            fields["if_match"] = f'"{version}"'
        http: Any = BuiltIn().get_library_instance("assay.HttpLibrary")
        answer: Response = http.call(f"{SERVICE}.{operation}", token=token, certificate=certificate, **fields)
        return answer


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same as JSON: true is no 1, and a whole number no fraction."""
    if isinstance(one, dict | DotDict) and isinstance(other, dict | DotDict):
        return set(one) == set(other) and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and bool(one == other)

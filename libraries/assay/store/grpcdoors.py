"""Keywords that open the store's doors for GrpcLibrary, and call operations there as it does."""

from __future__ import annotations

from typing import Any

from robot.api import SkipExecution
from robot.api.deco import keyword
from robot.api.types import Secret
from robot.libraries.BuiltIn import BuiltIn
from robot.utils import DotDict

from assay.core.errors import AssayError
from assay.core.run import current
from assay.evidence.expect import expect
from assay.grpc.answers import GrpcAnswer
from assay.grpc.settings import Compression
from assay.grpc.wire import Unreachable
from assay.http.answers import Response
from assay.store.answers import DoorAnswer
from assay.store.doors import SERVICE, RpcDoors


class GrpcDoors:
    """What GrpcLibrary needs to know of the store to call it by the names of methods."""

    @keyword
    def open_the_door_for_grpc(
        self, door: str, codec: str | None = None, compression: Compression = "none"
    ) -> str:
        """Gives GrpcLibrary a connection to a door of the store, and returns its alias, which is the name of the door.

        `codec` stands in the place of the target's; with a `compression` each message is sent compressed, however small.
        Example: | ${alias} = | `Open The Door For Grpc` | worker-1 |
        """
        library: Any = BuiltIn().get_library_instance("assay.GrpcLibrary")
        opened = RpcDoors().channel(current().platform, door, codec=codec, compression=compression)
        library.add_channel(door, opened)
        return door

    @keyword
    def grpc_call_of(self, operation: str, token: Secret | None = None, **fields: Any) -> DotDict:
        """What GrpcLibrary sends for an operation of the store: `method`, `message` and `metadata`.

        Example: | ${call} = | `Grpc Call Of` | getEntity | token=${token} | schema_id=${schema} | key=a |
        """
        method, messages, metadata = RpcDoors.asked(current().platform, operation, fields, token)
        if len(messages) != 1:
            raise AssayError(f"{operation} is a stream; give its messages to GrpcLibrary yourself")
        return DotDict(method=method, message=messages[0], metadata=metadata)

    @keyword
    def plain_call_should_not_be_answered_at(self, door: str) -> None:
        """Fails where a call without TLS at a door that speaks TLS is answered, by an error of the store too.

        The control is the same call under TLS, which must be answered.
        Source: RFC 9325, 3.2; CWE-319. Example: | `Plain Call Should Not Be Answered At` | worker-1 |
        """
        platform = current().platform
        method, messages, _ = RpcDoors.asked(platform, "getEntity", {"schema_id": "any", "key": "any"}, None)
        channel = RpcDoors.plain_channel(platform, door)
        try:
            seen = channel.call(method, messages[0], {}).code
        except Unreachable:
            seen = ""
        finally:
            channel.close()
        expect(not seen, "no answer to a call without TLS", seen, door)
        RpcDoors().channel(platform, door).call(method, messages[0], {})

    @keyword
    def field_that_names_the_operation(self, operation: str) -> str:
        """The field of the message that says which operation is asked for. Skips where each operation has a method of its own.

        Example: | ${field} = | `Field That Names The Operation` | getEntity |
        """
        send = current().platform.rpc(SERVICE).spelled(operation).send
        if len(send) != 1:
            raise SkipExecution(
                f"No field of the message for {operation} names the operation on this target."
            )
        return str(next(iter(send)))

    @keyword
    def said_in_each_message(self, operation: str, field: str, *answers: GrpcAnswer) -> list[Any]:
        """What each message of answers that are streams says in a field of the operation, in their order.

        Example: | ${statuses} = | `Said In Each Message` | processEach | status | ${answer} |
        """
        part = current().platform.rpc(SERVICE).spelled(operation).answer[field]
        return [part.read_back(body.get(part.name)) for answer in answers for body in answer.bodies]

    @keyword
    def should_name_its_problem(self, answer: Response, problem: str) -> None:
        """Fails unless a refusal over gRPC carries a google.rpc.ErrorInfo with the problem as its reason and the store as its domain.

        Source: google.rpc.ErrorInfo; proto/store.proto. Example: | `Should Name Its Problem` | ${answer} | not-found |
        """
        details = answer.details if isinstance(answer, DoorAnswer) else []
        seen = [(one["reason"], one["domain"]) for one in details if "reason" in one and "domain" in one]
        expect(
            seen == [(problem, SERVICE)],
            f"an ErrorInfo with the reason {problem} of {SERVICE}",
            seen,
            answer.operation,
        )

    @keyword
    def verdicts_should_agree(self, rest: Response, grpc: Response) -> None:
        """Fails unless a door over gRPC has the verdict of REST: done by both, or refused by both for the same problem.

        The code must be that of the status by google.rpc.Code. Example: | `Verdicts Should Agree` | ${rest} | ${grpc} |
        """
        told = [f"{one.problem or ('done' if one.succeeded else one.summary())}" for one in (rest, grpc)]
        expect(
            told[0] == told[1],
            f"the verdict of REST over gRPC, {told[0]}",
            told[1],
            f"{rest.operation}: {grpc.summary()}",
        )

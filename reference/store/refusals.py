"""Refusals over gRPC: the code that fits each problem, and its name in the details."""

from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from reference.common import problems

DOMAIN = "store"
_DETAILS = "grpc-status-details-bin"
_LONGEST = 2048

#: problem -> code; REST has the status of the same problem.
CODES = {
    "invalid-request": grpc.StatusCode.INVALID_ARGUMENT,
    "malformed-json": grpc.StatusCode.INVALID_ARGUMENT,
    "invalid-schema": grpc.StatusCode.INVALID_ARGUMENT,
    "schema-violation": grpc.StatusCode.INVALID_ARGUMENT,
    "invalid-token": grpc.StatusCode.UNAUTHENTICATED,
    "invalid-credentials": grpc.StatusCode.UNAUTHENTICATED,
    "insufficient-permission": grpc.StatusCode.PERMISSION_DENIED,
    "not-found": grpc.StatusCode.NOT_FOUND,
    "no-such-schema": grpc.StatusCode.NOT_FOUND,
    "stale-version": grpc.StatusCode.ABORTED,
    "conflict": grpc.StatusCode.ALREADY_EXISTS,
    "payload-too-large": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "storage-full": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "request-timeout": grpc.StatusCode.DEADLINE_EXCEEDED,
    "tampered": grpc.StatusCode.DATA_LOSS,
    "key-unavailable": grpc.StatusCode.FAILED_PRECONDITION,
    "service-unavailable": grpc.StatusCode.UNAVAILABLE,
}


def code_of(problem: problems.Problem) -> grpc.StatusCode:
    """The code of a problem."""
    return CODES.get(problem.name, grpc.StatusCode.UNAVAILABLE)


def message_of(problem: problems.Problem) -> str:
    """What is said of a problem: its title, and what is wrong with what was sent."""
    _, title = problems.kind(problem.name)
    wrong = "; ".join(" ".join(one.values()).strip() for one in problem.errors)
    return f"{title}: {wrong}"[:_LONGEST] if wrong else title


def details(problem: problems.Problem) -> bytes:
    """The whole status with the name of the problem (google.rpc.ErrorInfo)."""
    info = error_details_pb2.ErrorInfo(reason=problem.name, domain=DOMAIN)
    packed = any_pb2.Any()
    packed.Pack(info)
    status = status_pb2.Status(code=code_of(problem).value[0], message=message_of(problem), details=[packed])
    return bytes(status.SerializeToString())


async def abort(context: Any, problem: problems.Problem) -> NoReturn:
    """Ends a call with a problem."""
    trailers = ((_DETAILS, details(problem)),)
    await context.abort(code_of(problem), message_of(problem), trailers)
    raise AssertionError

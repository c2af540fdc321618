"""Keywords that call any method of any gRPC server, and send it what no client would."""

from __future__ import annotations

from robot.api.deco import library

from assay.grpc.attacking import Attacking
from assay.grpc.calling import Calling
from assay.grpc.connecting import Connecting
from assay.grpc.streaming import Streaming


@library(scope="GLOBAL", auto_keywords=False)
class GrpcLibrary(Connecting, Calling, Streaming, Attacking):
    """Calls methods by the names of service and method, ``package.Service/Method``, and judges how the calls end.

    What a method takes and gives is known from .proto files or from the server's own reflection; where neither is there, messages
    are bytes, or JSON as it is given. Messages are dictionaries with the proto's own names: numbers are numbers, enums are names,
    fields of bytes are bytes in answers and ``bytes``, ``Secret`` or base64 in requests. Fields that were not sent have their
    default in answers; messages and optional fields that were not sent are left out.

    Every call is in the log once, as a table. Nothing is retried. An answer that is not there within the patience of the connection
    is an error that names the server, unless the call named a deadline: then it ends with ``DEADLINE_EXCEEDED``.

    Calls are carried by grpcio, or by HTTP/2 of our own (``carrier=http2``) where a content-subtype or the caller's address matters,
    or where a test has to be sure that the server itself said a status.
    """

"""Descriptors from the server's own reflection, in version 1 and, where that is not served, version 1 alpha."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.errors import AssayError
from assay.grpc.settings import Asking
from assay.grpc.wire import Wire

if TYPE_CHECKING:
    from google.protobuf.descriptor_pool import DescriptorPool

VERSIONS = ("v1", "v1alpha")


class Reflection:
    """Asks a server what it serves. Both versions have the same messages under different names."""

    def __init__(self, wire: Wire, asking: Asking) -> None:
        self._wire = wire
        self._asking = asking
        self._version = ""
        self._pool: Any = None
        self._files = set[str]()
        self._known = set[str]()

    def services(self) -> list[str]:
        """The names of the services that the server tells of."""
        answer = self._ask(list_services="*")
        return sorted(one.name for one in answer.list_services_response.service)

    def pool_with(self, service: str) -> DescriptorPool | None:
        """A pool with the service, where the server tells of it."""
        from google.protobuf.descriptor_pool import DescriptorPool

        if self._pool is None:
            self._pool = DescriptorPool()
        if service not in self._known:
            answer = self._ask(file_containing_symbol=service)
            if not answer.HasField("file_descriptor_response"):
                return None
            self._take(answer)
            self._known.add(service)
        pool: DescriptorPool = self._pool
        return pool

    def _take(self, answer: Any) -> None:
        """Adds the files of an answer, asking for those that they import and that did not come along."""
        from google.protobuf.descriptor_pb2 import FileDescriptorProto

        files = {
            file.name: file
            for file in map(
                FileDescriptorProto.FromString, answer.file_descriptor_response.file_descriptor_proto
            )
        }
        for file in files.values():
            self._add(file, files)

    def _add(self, file: Any, beside: dict[str, Any]) -> None:
        if file.name in self._files:
            return
        self._files.add(file.name)
        for name in file.dependency:
            if name in beside:
                self._add(beside[name], beside)
            elif name not in self._files:
                self._take(self._ask(file_by_filename=name))
        self._pool.Add(file)

    def _ask(self, **question: Any) -> Any:
        from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest, ServerReflectionResponse

        request = ServerReflectionRequest(**question).SerializeToString()
        for version in [self._version] if self._version else VERSIONS:
            path = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
            pending = self._wire.stream(path, self._asking)
            pending.send(request)
            pending.half_close()
            got = pending.receive(self._asking.deadline or 5.0)
            outcome = pending.outcome(self._asking.deadline or 5.0)
            if got is not None:
                self._version = version
                return ServerReflectionResponse.FromString(got)
            if outcome.code != "UNIMPLEMENTED":
                break
        raise AssayError(f"the server has no reflection: {outcome.code} {outcome.message}".strip())

"""What is known of services and methods, and from where: files, the server's reflection, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from assay.core.errors import AssayError, accepted

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pool import DescriptorPool


@dataclass(frozen=True)
class Method:
    """A method by its path, `/package.Service/Method`, and what it takes and gives where that is known."""

    path: str
    takes: Descriptor | None = None
    gives: Descriptor | None = None
    many_sent: bool = False
    many_given: bool = False
    pool: Any = None

    @property
    def operation(self) -> str:
        """`package.Service/Method`."""
        return self.path.lstrip("/")

    @property
    def streams(self) -> bool:
        """Whether either side sends more than one message."""
        return self.many_sent or self.many_given


class Source(Protocol):
    """Where descriptors come from."""

    def pool_with(self, service: str) -> DescriptorPool | None:
        """A pool that knows the service, where anybody knows it."""

    def services(self) -> list[str]:
        """The full names of the services that are known."""


class NoDescriptors:
    """Nothing is known: messages are bytes, or JSON as it is given."""

    def pool_with(self, service: str) -> DescriptorPool | None:
        """Never one."""
        return None

    def services(self) -> list[str]:
        """None."""
        return []


def method(source: Source, name: str, unknown: bool = False) -> Method:
    """The method of a name, `package.Service/Method`.

    What the source does not know is an AssayError that lists what it does, or a bare path where `unknown` allows it.
    """
    service, found, called = name.lstrip("/").rpartition("/")
    if not found or not service or not called:
        raise AssayError(f"'{name}' names no method; write package.Service/Method")
    bare = Method(f"/{service}/{called}")
    if isinstance(source, NoDescriptors):
        return bare
    pool = source.pool_with(service)
    if pool is None:
        if unknown:
            return bare
        raise AssayError(f"there is no service '{service}'{accepted(service, source.services())}")
    methods = pool.FindServiceByName(service).methods_by_name
    if called not in methods:
        if unknown:
            return bare
        raise AssayError(f"{service} has no method '{called}'{accepted(called, methods)}")
    one = methods[called]
    return Method(
        bare.path, one.input_type, one.output_type, one.client_streaming, one.server_streaming, pool
    )

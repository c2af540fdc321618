"""The messages of proto/store.proto, made from the file itself as the platform starts."""

import functools
import os
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SERVICE = "store.v1.Store"
_PROTO = Path(__file__).resolve().parents[2] / "proto" / "store.proto"


@functools.cache
def messages() -> dict[str, Any]:
    """The classes of messages, by name; the pool of descriptors knows the service from then on."""
    pool = descriptor_pool.Default()
    for file in compiled().file:
        pool.AddSerializedFile(file.SerializeToString())
    found = pool.FindFileByName(_PROTO.name)
    return {
        name: message_factory.GetMessageClass(descriptor)
        for name, descriptor in found.message_types_by_name.items()
    }


def compiled() -> descriptor_pb2.FileDescriptorSet:
    """What the compiler of protobuf makes of the file, without a file of it."""
    from grpc_tools import protoc

    memory = os.memfd_create("store.proto")
    try:
        told = [
            "protoc",
            f"--proto_path={_PROTO.parent}",
            f"--descriptor_set_out=/proc/self/fd/{memory}",
            _PROTO.name,
        ]
        if protoc.main(told) != 0:
            raise RuntimeError(f"{_PROTO} does not compile")
        return descriptor_pb2.FileDescriptorSet.FromString(os.pread(memory, os.fstat(memory).st_size, 0))
    finally:
        os.close(memory)

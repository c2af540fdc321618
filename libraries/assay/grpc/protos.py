"""Descriptors from .proto files, compiled by protoc of grpcio-tools in a process of its own and kept."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from assay.core.errors import AssayError

if TYPE_CHECKING:
    from google.protobuf.descriptor_pool import DescriptorPool

_PATIENCE = 60


class ProtoFiles:
    """The services of .proto files. Imports are looked for in the import paths, then beside the files."""

    def __init__(self, files: Sequence[str | Path], import_paths: Sequence[str | Path] = ()) -> None:
        self._files = tuple(_existing(Path(one), "file") for one in files)
        self._paths = tuple(_existing(Path(one), "folder") for one in import_paths)
        if not self._files:
            raise AssayError("no .proto file is named")

    def pool_with(self, service: str) -> DescriptorPool | None:
        """The pool of the files, where one of them has the service."""
        pool, services = self._compiled()
        return pool if service in services else None

    def services(self) -> list[str]:
        """The services of the files and of what they import."""
        return list(self._compiled()[1])

    def _compiled(self) -> tuple[DescriptorPool, tuple[str, ...]]:
        changed = tuple(one.stat().st_mtime_ns for one in self._files)
        return compiled(self._files, self._paths, changed)


@lru_cache(maxsize=64)
def compiled(
    files: tuple[Path, ...], import_paths: tuple[Path, ...], changed: tuple[int, ...]
) -> tuple[DescriptorPool, tuple[str, ...]]:
    """The pool of the files and the names of its services. What protoc says is wrong is an AssayError."""
    from google.protobuf.descriptor_pb2 import FileDescriptorSet
    from google.protobuf.descriptor_pool import DescriptorPool

    pool, services = DescriptorPool(), list[str]()
    for file in FileDescriptorSet.FromString(_compile(files, import_paths)).file:
        pool.Add(file)
        services += (f"{file.package}.{one.name}".lstrip(".") for one in file.service)
    return pool, tuple(sorted(services))


def _compile(files: tuple[Path, ...], import_paths: tuple[Path, ...]) -> bytes:
    folders = dict.fromkeys([*import_paths, *(one.parent for one in files), *_well_known()])
    command = [
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        "--include_imports",
        "--descriptor_set_out=/dev/stdout",
    ]
    command += [f"-I{one}" for one in folders] + [str(one) for one in files]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise AssayError(f"protoc took longer than {_PATIENCE} s for {_names(files)}") from error
    if ran.returncode or not ran.stdout:
        told = ran.stderr.decode("utf-8", "replace").strip()
        for one in files:
            told = told.replace(f"{one.parent}/", "")
        said = told.splitlines()
        raise AssayError(f"protoc refuses {_names(files)}: {said[0] if said else 'it says nothing'}")
    return ran.stdout


def _well_known() -> list[Path]:
    """The folders of google/protobuf/*.proto and, where they are installed, of google/rpc/*.proto."""
    found = []
    if (tools := find_spec("grpc_tools")) and tools.origin:
        found.append(Path(tools.origin).parent / "_proto")
    if (rpc := find_spec("google.rpc")) and rpc.submodule_search_locations:
        found.append(Path(next(iter(rpc.submodule_search_locations))).parents[1])
    return found


def _existing(path: Path, kind: str) -> Path:
    if not (path.is_dir() if kind == "folder" else path.is_file()):
        raise AssayError(f"there is no {kind} {path}")
    return path.resolve()


def _names(files: tuple[Path, ...]) -> str:
    return ", ".join(one.name for one in files)

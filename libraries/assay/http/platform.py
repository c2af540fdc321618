"""Operations of the platform that the test runs against: its services, contracts and dialects."""

from __future__ import annotations

from assay.http.operations import Operation, Service


def run_id() -> str:
    """The id of the run."""
    from assay.core.run import current

    return str(current().id)


def service_named(name: str) -> Service:
    raise NotImplementedError


def operation_of(operation: str) -> Operation:
    raise NotImplementedError

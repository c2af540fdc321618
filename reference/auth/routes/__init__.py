"""What auth can be asked beyond the core: one module for each thing, with its bodies, its endpoints and its operations."""

from reference.auth.operation import Operation
from reference.auth.routes import (
    apikeys,
    browser,
    deletion,
    mutual_tls,
    second_factor,
    services,
    users,
)

_MODULES = [
    apikeys,
    browser,
    deletion,
    mutual_tls,
    second_factor,
    services,
    users,
]


def operations() -> list[Operation]:
    """The operations of every module here."""
    return [operation for module in _MODULES for operation in module.operations()]

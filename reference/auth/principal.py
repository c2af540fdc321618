"""Who asks, as far as a credential proves it, and what the contract wants of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request


@dataclass(frozen=True)
class Principal:
    """A user, by a session or by an API key; what is granted are permissions or scopes, each of its own way."""

    user_id: str
    granted: tuple[str, ...]
    session_id: str | None = None
    key_id: str | None = None


@dataclass(frozen=True)
class ServicePrincipal:
    """Another service, by a token of its own."""

    service_id: str
    name: str
    granted: tuple[str, ...]
    expires_at: int


def ways(request: Request) -> Mapping[str, Sequence[str]]:
    """The ways in which the operation asked for lets callers in, with what each needs: the statement of the contract."""
    stated = request.scope["route"].openapi_extra or {}
    return {way: needed for one in stated.get("security", []) for way, needed in one.items()}

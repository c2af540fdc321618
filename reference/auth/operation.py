"""An operation of auth's contract, and the ways into it that only auth has."""

from reference.common.operation import BEARER, BODY, BODY_AND_DATA, DATA, Operation

__all__ = ["BEARER", "BODY", "BODY_AND_DATA", "DATA", "Operation", "by_key"]


def by_key(*scopes: str) -> list[dict[str, list[str]]]:
    """The way in by an API key with these scopes."""
    return [{"api_key": [*scopes]}]

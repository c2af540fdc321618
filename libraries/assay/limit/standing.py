"""How limits stand, as an answer tells it (draft-ietf-httpapi-ratelimit-headers), and how long a refusal has to wait."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.evidence.expect import Unmet, expect
from assay.limit import fields

POLICY, LIMIT, RETRY = "RateLimit-Policy", "RateLimit", "Retry-After"


@dataclass(frozen=True)
class Standing:
    """A policy and what is left under it: `quota` in `window` seconds, `left` within `effective` seconds."""

    quota: int
    window: int
    left: int
    effective: int


def standings(response: Any) -> dict[str, Standing]:
    """How the policies stand that an answer tells of, by their names; nothing where it tells of none.

    Raises Unmet where a header is no structured field, a policy stands twice, or a number is missing or is none.
    """
    where = response.operation
    quotas, limits = _read(response, POLICY), _read(response, LIMIT)
    expect(
        set(quotas) == set(limits),
        f"the same policies in {POLICY} and {LIMIT}",
        f"{', '.join(quotas) or 'none'} and {', '.join(limits) or 'none'}",
        where,
    )
    return {
        name: Standing(
            _number(name, said, "q", where, 1),
            _number(name, said, "w", where, 1),
            _number(name, limits[name], "r", where),
            _number(name, limits[name], "t", where),
        )
        for name, said in quotas.items()
    }


def wait(response: Any) -> int:
    """The seconds that a refusal has to wait; Unmet unless it says so once, as whole seconds, of which there is one or more."""
    said = response.headers.all(RETRY)
    whole = len(said) == 1 and re.fullmatch(r"[1-9][0-9]{0,8}", said[0]) is not None
    expect(whole, f"one {RETRY} in whole seconds, at least 1", said or f"no {RETRY}", _of(response))
    return int(said[0])


def _read(response: Any, header: str) -> dict[str, Mapping[str, Any]]:
    values = response.headers.all(header)
    if not values:
        return {}
    try:
        items = fields.strings(", ".join(values))
    except fields.NotStructured as error:
        raise Unmet(f"{header} to be a list as in RFC 9651", f"not {error}", _of(response)) from None
    names = [name for name, _ in items]
    expect(len(set(names)) == len(names), f"each policy once in {header}", names, _of(response))
    return dict(items)


def _number(policy: str, said: Mapping[str, Any], name: str, where: str, least: int = 0) -> int:
    value = said.get(name)
    good = isinstance(value, int) and not isinstance(value, bool) and value >= least
    expect(good, f"{name} of '{policy}' to be a whole number of at least {least}", value, where)
    return int(str(value))


def _of(response: Any) -> str:
    return f"{response.operation}, {response.summary()}"

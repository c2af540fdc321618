"""What a forgery is made from, and the shape in which forgeries are written down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from assay.token import keys
from assay.token.compact import Compact, Opened, decode, encode, open_token, write
from assay.token.keys import SigningKey

#: Keys of a stranger, made once a process: making RSA keys takes a while.
_STRANGERS: dict[str, SigningKey] = {}


class Lacking(ValueError):
    """A forgery cannot be made from what was given; the message names what to give."""


@dataclass(frozen=True)
class Material:
    """A good token and what a forger has besides.

    `published` are the platform's public keys, `key` is one that the platform trusts and whose private half
    is ours, `canary` is the address of a listener of ours, `sibling` is a second token by the same key.
    """

    token: str
    published: tuple[dict[str, Any], ...] = ()
    key: SigningKey | None = None
    canary: str = ""
    sibling: str = ""
    at: float = field(default_factory=time.time)

    @cached_property
    def compact(self) -> Compact:
        return Compact.of(self.token)

    @cached_property
    def opened(self) -> Opened:
        return open_token(self.token)

    @property
    def header(self) -> dict[str, Any]:
        return dict(self.opened.header)

    @property
    def claims(self) -> dict[str, Any]:
        return dict(self.opened.claims)

    @cached_property
    def payload(self) -> bytes:
        return decode(self.compact.payload)

    @cached_property
    def signature(self) -> bytes:
        return decode(self.compact.signature)

    @property
    def algorithm(self) -> str:
        return str(self.opened.header.get("alg"))

    @cached_property
    def jwk(self) -> dict[str, Any]:
        """The published key that the token names."""
        kid = self.opened.header.get("kid")
        found = [jwk for jwk in self.published if kid is None or jwk.get("kid") == kid]
        if not found:
            raise Lacking(
                "this needs the platform's published keys: give key_set=, holding the key the token names"
            )
        return found[0]

    @property
    def own(self) -> SigningKey:
        """The trusted key that we can sign with."""
        if self.key is None:
            raise Lacking("this needs a key that the platform trusts and we hold: give key=")
        return self.key

    def stranger(self, algorithm: str = "") -> SigningKey:
        """A key that no platform has ever seen, for the token's own algorithm or another."""
        wanted = algorithm or self.algorithm
        if wanted not in _STRANGERS:
            _STRANGERS[wanted] = keys.make(wanted, kid="stranger")
        return _STRANGERS[wanted]

    def resigned(self, header: Any = None, payload: Any = None, algorithm: str = "", **changes: Any) -> str:
        """The token signed anew with the trusted key.

        `changes` replace header members; a change to None removes one.

        Header and payload may be given whole: as JSON values, or as octets that are taken as they are.
        """
        if header is None:
            header = {**self.header, "alg": self.own.algorithm, "kid": self.own.kid, **changes}
            header = {
                name: value for name, value in header.items() if name not in changes or value is not None
            }
        return signed(self.own, header, self.payload if payload is None else payload, algorithm)

    def claiming(self, *without: str, **claims: Any) -> str:
        """The token signed anew with the trusted key, with other claims."""
        kept = {name: value for name, value in self.claims.items() if name not in without}
        return self.resigned(payload={**kept, **claims})

    def hmaced(self, secret: bytes, algorithm: str = "HS256", payload: Any = None, **changes: Any) -> str:
        """The token with an HMAC in the place of its signature."""
        unsigned = write(
            {**self.header, "alg": algorithm, **changes}, self.payload if payload is None else payload
        )
        return unsigned + encode(keys.mac(secret, unsigned[:-1].encode(), algorithm))

    def strange(self, key: SigningKey | None = None, payload: Any = None, **changes: Any) -> str:
        """The token signed with a stranger's key; header members are changed as given."""
        key = key or self.stranger()
        return signed(
            key,
            {**self.header, "alg": key.algorithm, **changes},
            self.payload if payload is None else payload,
        )


def signed(key: SigningKey, header: Any, payload: Any, algorithm: str = "") -> str:
    """A token with a true signature over whatever header and payload it is given."""
    unsigned = write(header, payload)
    return unsigned + encode(key.sign(unsigned[:-1].encode(), algorithm))


Maker = Callable[[Material], str | None]


def bound(function: Callable[..., str | None], *arguments: Any, **named: Any) -> Maker:
    """A maker that calls a function with the material and what else it needs, for tables made in a loop."""
    return lambda material: function(material, *arguments, **named)


@dataclass(frozen=True)
class Forgery:
    """One way to alter a token, as data.

    `make` turns material into what is sent in the place of the token, or None where the token at hand does
    not lend itself to it (no character to replace, say). `accepted` marks a control: a form that must be let
    in.
    """

    name: str
    make: Maker
    why: str = ""
    accepted: bool = False


@dataclass(frozen=True)
class Group:
    """Forgeries that break one requirement."""

    name: str
    requirement: str
    source: str
    why: str
    forgeries: Callable[[Material], list[Forgery]]
    #: Whether the control is the token as it was issued, or the same signed anew with the trusted key.
    resigned: bool = False

"""Keywords that make and open tokens and keys, and listen for who fetches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from robot.api.deco import keyword
from robot.api.types import Secret

from assay.evidence.expect import Unmet, expect
from assay.token import compact, keys, material
from assay.token.compact import Opened
from assay.token.keys import SigningKey
from assay.token.keyserver import KeyServer
from assay.token.material import Material
from assay.token.texts import Token, secret, text_of


class Making:
    """Tokens with true signatures, keys of our own, a listener."""

    def __init__(self) -> None:
        self._listeners: list[KeyServer] = []

    @keyword
    def open_token(self, token: Token) -> Opened:
        """Reads what a token says, unverified. Returns `header` and `claims`, two dictionaries.

        Fails on its expectation when it is no token in compact form.
        Example: | ${opened} = | `Open Token` | ${user.access_token} |
        """
        text = text_of(token)
        try:
            return compact.open_token(text)
        except ValueError as error:
            raise Unmet("a token in compact form (RFC 7515, section 7.1)", str(error)) from error

    @keyword
    def make_signing_key(self, algorithm: str = "RS256", kid: str = "", exponent: int = 65537) -> SigningKey:
        """Makes a key pair for RS256 to RS512, PS256 to PS512, ES256 to ES512 or EdDSA.

        RSA keys have 2048 bits.

        Example: | ${key} = | `Make Signing Key` | ES256 |
        """
        return keys.make(algorithm, kid, exponent)

    @keyword
    def make_signing_keys(self, *algorithms: str) -> dict[str, SigningKey]:
        """Makes a key for each of the algorithms and returns them by algorithm. See `Make Signing Key`.

        Example: | &{keys} = | `Make Signing Keys` | RS256 | ES256 |
        """
        return {algorithm: keys.make(algorithm) for algorithm in algorithms}

    @keyword
    def public_key_set(self, *signing_keys: SigningKey) -> dict[str, Any]:
        """The public halves as a key set (RFC 7517, section 5), to be trusted by a private platform.

        Example: | `Start A Private Platform` | trusted_keys=${{ $key_set }} |
        """
        return {"keys": [key.jwk for key in signing_keys]}

    @keyword
    def sign_token(self, claims: Mapping[str, Any], key: SigningKey, **header: Any) -> Secret:
        """Makes a token of these claims with a true signature.

        Header members beside alg and kid are given by name.

        Example: | ${token} = | `Sign Token` | ${claims} | ${key} | typ=at+jwt |
        """
        return secret(material.signed(key, {"alg": key.algorithm, "kid": key.kid, **header}, dict(claims)))

    @keyword
    def sign_anew(self, token: Token, key: SigningKey, without: Sequence[str] = (), **claims: Any) -> Secret:
        """The same token under another key: header and claims stay, but for what is left out or given.

        Example: | ${token} = | `Sign Anew` | ${user.access_token} | ${key} | exp=${{ int(time.time()) + 5 }} |
        """
        return secret(Material(text_of(token), key=key).claiming(*without, **claims))

    @keyword
    def sign_header_anew(self, token: Token, key: SigningKey, **header: Any) -> Secret:
        """The same claims under another key and a changed header; a member given as ${None} is left out.

        Example: | ${token} = | `Sign Header Anew` | ${user.access_token} | ${key} | kid=${None} |
        """
        return secret(Material(text_of(token), key=key).resigned(**header))

    @keyword
    def start_key_server(self, key: SigningKey | None = None) -> str:
        """Starts a listener on loopback that serves a stranger's key set, and returns its address.

        Example: | ${address} = | `Start Key Server` |
        """
        server = KeyServer({"keys": [(key or keys.make("ES256", "stranger")).jwk]})
        self._listeners.append(server)
        if not server.works():
            raise RuntimeError(f"the listener at {server.url} does not hear its own request")
        return server.url

    @keyword
    def key_server_should_have_seen_nothing(self) -> None:
        """Fails when anybody has asked a listener for its keys."""
        if not self._listeners:
            raise RuntimeError("no key server is running: Start Key Server first")
        seen = [request for server in self._listeners for request in server.seen()]
        expect(not seen, "no request for keys at an address out of a token", "; ".join(seen), "our listener")

    @keyword
    def stop_key_servers(self) -> None:
        """Stops every listener that was started."""
        while self._listeners:
            self._listeners.pop().close()

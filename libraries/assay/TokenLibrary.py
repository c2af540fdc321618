"""Keywords that make, open, judge and forge JSON Web Tokens and the keys behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from robot.api import logger
from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.core.rows import Row
from assay.evidence.expect import Unmet, expect
from assay.evidence.redact import conceal
from assay.token import attacks, authorization, judging, keys, known_secrets, material, recovery
from assay.token.attacks import Forged
from assay.token.claims import edge
from assay.token.compact import Opened, open_token
from assay.token.keys import SigningKey
from assay.token.keyserver import KeyServer
from assay.token.material import Forgery, Material

KeySet: TypeAlias = Mapping[str, Any]
Token: TypeAlias = Secret | str


@library(scope="GLOBAL", auto_keywords=False)
class TokenLibrary:
    """Knows tokens in compact form (RFC 7515) and every way to forge them that the catalogue names; asks no service itself.

    *Forgeries* come in groups, each for one requirement: `none`, `blank secret`, `public key as secret`, `sibling algorithm`,
    `stripped`, `psychic`, `header bits`, `payload bits`, `signature bits`, `borrowed signature`, `malleable`, `spelling`,
    `signed spelling`, `double names`, `odd JSON`, `JSON serialisation`, `critical header`, `compressed`, `encrypted`,
    `encrypted and compressed`, `embedded key`, `key address`, `certificate chain`, `key name`, `wrong key name`, `more rights`,
    `expiry`, `beginning`, `issuer`, `audience`, `subject`, `session`, `token kind`, `type`, `hostile claim`, `known secret`.
    A group becomes rows for the keyword `Call Each Row` of HttpLibrary, the good form among them as the control.

    Forgeries in which only one thing may be wrong are signed: with a key whose private half is made here
    (`Make Signing Key`) and which a private platform is told to trust.

    Tokens go in and come out as ``Secret``; forged ones are no credentials and travel as text.
    """

    def __init__(self) -> None:
        self._listeners: list[KeyServer] = []

    @keyword
    def open_token(self, token: Token) -> Opened:
        """Reads what a token says, unverified. Returns `header` and `claims`, two dictionaries.

        Fails on its expectation when it is no token in compact form.
        Example: | ${opened} = | `Open Token` | ${user.access_token} |
        """
        text = _text(token)
        try:
            return open_token(text)
        except ValueError as error:
            raise Unmet("a token in compact form (RFC 7515, section 7.1)", str(error)) from error

    @keyword
    def make_signing_key(self, algorithm: str = "RS256", kid: str = "", exponent: int = 65537) -> SigningKey:
        """Makes a key pair for RS256 to RS512, PS256 to PS512, ES256 to ES512 or EdDSA. RSA keys have 2048 bits.

        Example: | ${key} = | `Make Signing Key` | ES256 |
        """
        return keys.make(algorithm, kid, exponent)

    @keyword
    def public_key_set(self, *signing_keys: SigningKey) -> dict[str, Any]:
        """The public halves as a key set (RFC 7517, section 5), to be trusted by a private platform.

        Example: | `Start A Private Platform` | trusted_keys=${{ $key_set }} |
        """
        return {"keys": [key.jwk for key in signing_keys]}

    @keyword
    def sign_token(self, claims: Mapping[str, Any], key: SigningKey, **header: Any) -> Secret:
        """Makes a token of these claims with a true signature; header members beside alg and kid are given by name.

        Example: | ${token} = | `Sign Token` | ${claims} | ${key} | typ=at+jwt |
        """
        return _secret(material.signed(key, {"alg": key.algorithm, "kid": key.kid, **header}, dict(claims)))

    @keyword
    def sign_anew(self, token: Token, key: SigningKey, without: Sequence[str] = (), **claims: Any) -> Secret:
        """The same token under another key: header and claims stay, but for what is left out or given.

        Example: | ${token} = | `Sign Anew` | ${user.access_token} | ${key} | exp=${{ int(time.time()) + 5 }} |
        """
        return _secret(Material(_text(token), key=key).claiming(*without, **claims))

    @keyword
    def sign_header_anew(self, token: Token, key: SigningKey, **header: Any) -> Secret:
        """The same claims under another key and a changed header; a member given as ${None} is left out.

        Example: | ${token} = | `Sign Header Anew` | ${user.access_token} | ${key} | kid=${None} |
        """
        return _secret(Material(_text(token), key=key).resigned(**header))

    @keyword
    def forgeries(
        self,
        group: str,
        token: Token,
        *,
        key_set: KeySet | None = None,
        key: SigningKey | None = None,
        listener: str = "",
        sibling: Token = "",
        field: str = "token",
    ) -> list[Row]:
        """The forgeries of one group, as rows that are to be refused, and the good form as a control row.

        | =Argument= | =Meaning= |
        | `group`    | one of the groups above |
        | `token`    | a token that the platform accepts |
        | `key_set`  | the platform's published keys, where a forgery uses them |
        | `key`      | a key that the platform trusts and we hold, where a forgery is signed |
        | `listener` | the address of a listener of ours (`Start Key Server`) |
        | `sibling`  | another user's good token |
        | `field`    | the field of the operation that takes the token |

        Example: | ${rows} = | `Forgeries` | none | ${user.access_token} |
        """
        return attacks.rows(group, self._material(token, key_set, key, listener, sibling), field)

    @keyword
    def tables_of_forgeries(
        self, group: str, token: Token, *, key_set: KeySet | None = None, key: SigningKey | None = None
    ) -> list[list[Row]]:
        """Like `Forgeries`, for groups with more rows than a table can hold: several tables, each with its control.

        Example: | @{tables} = | `Tables Of Forgeries` | signature bits | ${user.access_token} |
        """
        return attacks.tables(group, self._material(token, key_set, key))

    @keyword
    def forge_token(
        self,
        group: str,
        name: str,
        token: Token,
        *,
        key_set: KeySet | None = None,
        key: SigningKey | None = None,
        sibling: Token = "",
    ) -> Secret:
        """One forgery by its name in the group.

        Example: | ${forged} = | `Forge Token` | none | alg none, no signature | ${user.access_token} |
        """
        made = {
            row.name: row for row in attacks.rows(group, self._material(token, key_set, key, "", sibling))
        }
        if name not in made:
            raise ValueError(f"the group '{group}' has no forgery '{name}'; it has: {'; '.join(made)}")
        return Secret(_text(made[name].request["token"]))

    @keyword
    def sample_of_forgeries(
        self, token: Token, *, key_set: KeySet, key: SigningKey | None = None, sibling: Token = ""
    ) -> list[Row]:
        """A few forgeries of every group that can be made from what is given: to compare the verdicts of several faces.

        Example: | ${rows} = | `Sample Of Forgeries` | ${user.access_token} | key_set=${jwks} |
        """
        return attacks.sample(self._material(token, key_set, key, "", sibling))

    @keyword
    def rows_at_the_edge(self, token: Token, key: SigningKey, leeway: int = 0) -> list[Row]:
        """Tokens whose times lie one second to either side of a leeway. They are good for a second: send them at once.

        Example: | ${rows} = | `Rows At The Edge` | ${user.access_token} | ${key} | leeway=5 |
        """
        made = self._material(token, None, key)
        control = Row("the token, signed anew", {"token": _secret(made.resigned())}, accepted=True)
        return [
            control,
            *(
                Row(one.name, {"token": _sent(one, made)}, one.accepted, one.name)
                for one in edge(made, leeway)
            ),
        ]

    @keyword
    def forms_of_the_header(self, token: Token) -> list[Row]:
        """Every form of the Authorization header that we know, good ones as control rows.

        Example: | `Call Each Row` | auth.getMe | ${rows} |
        """
        text = _text(token)
        return [
            Row(
                form.name,
                {"authorization": Secret(form.value.replace("{}", text))},
                form.accepted,
                form.value,
            )
            for form in authorization.FORMS
        ]

    @keyword
    def places_beside_the_header(self, token: Token) -> list[Row]:
        """The token in the query, in cookies and in other headers, where it must not count; the control is the right place.

        Example: | `Call Each Row` | auth.getMe | ${rows} | refused_as=missing-token |
        """
        text = _text(token)

        def filled(pairs: Sequence[tuple[str, Any]]) -> dict[str, Secret | str]:
            return {
                name: Secret(value.replace("{}", text)) if "{}" in value else value for name, value in pairs
            }

        made = [Row("in the Authorization header", {"token": Secret(text)}, accepted=True, note="control")]
        for form in authorization.PLACES:
            made.append(
                Row(form.name, {**filled(form.fields), "headers": filled(form.headers)}, note=form.name)
            )
        return made

    @keyword
    def odd_requests_with_token(self, token: Token, request_line: str) -> dict[str, Secret]:
        """Whole requests, by what is odd about each, for headers that no client would send (two of them, a NUL, a fold).

        Example: | &{requests} = | `Odd Requests With Token` | ${token} | GET /auth/me HTTP/1.1 |
        """
        return {
            name: Secret(request.decode("latin-1"))
            for name, request in authorization.raw_requests(_text(token), request_line)
        }

    @keyword
    def token_should_verify_with(self, token: Token, key_set: KeySet) -> dict[str, Any]:
        """Fails unless exactly one published key is the one that the token names and its signature holds under it.

        The judge is the cryptography library; the algorithm of key and token must be the same (RFC 8725, section 3.1).
        Returns the key. Example: | `Token Should Verify With` | ${user.access_token} | ${jwks.body} |
        """
        text = _text(token)
        found = judging.key_of(text, key_set)
        algorithm = open_token(text).header.get("alg")
        expect(
            judging.signature_holds(text, key_set),
            "the signature to hold under the published key",
            f"it does not, by {algorithm} with the key for {found.get('alg', 'any algorithm')}",
            f"kid {found.get('kid')}",
        )
        return found

    @keyword
    def key_set_should_be_fit_to_publish(self, key_set: KeySet) -> None:
        """Fails unless the set holds public asymmetric keys only, each strong, named once, with its algorithm.

        RFC 7517, sections 4.5 and 5; RFC 7518, section 3.3. Example: | `Key Set Should Be Fit To Publish` | ${jwks.body} |
        """
        published = key_set.get("keys", [])
        expect(published, "at least one published key", "none", "the key set")
        wrong = [f"key {jwk.get('kid')} {what}" for jwk in published for what in judging.weaknesses(jwk)]
        wrong += [
            f"two keys are called {kid}" for kid in judging.repeated(jwk.get("kid") for jwk in published)
        ]
        expect(not wrong, "public keys that are fit to verify with", "; ".join(wrong), "the key set")

    @keyword
    def token_should_hold_nothing_personal(self, token: Token, **words: Token) -> None:
        """Fails when a token has a claim that no access token needs, or one of the named words stands in it.

        Example: | `Token Should Hold Nothing Personal` | ${user.access_token} | email=${user.email} | password=${user.password} |
        """
        found = judging.personal(
            open_token(_text(token)).claims, {name: _text(word) for name, word in words.items()}
        )
        expect(not found, "claims that tell nothing about the person", ", ".join(found), "the token's claims")

    @keyword
    def ids_of_tokens_should_be_unique(self, *tokens: Token, claim: str = "jti") -> None:
        """Fails unless each token has an id of its own that cannot be guessed from the others.

        Example: | `Ids Of Tokens Should Be Unique` | @{tokens} |
        """
        ids = [open_token(_text(token)).claims.get(claim) for token in tokens]
        expect(
            len(ids) > 1 and all(isinstance(one, str) for one in ids),
            f"a {claim} that is text in each of two or more tokens",
            ids,
        )
        twice = judging.repeated(ids)
        expect(not twice, f"{len(ids)} different values of {claim}", f"{len(twice)} that come more than once")
        close = judging.close_ids([str(one) for one in ids])
        expect(not close, f"values of {claim} that cannot be guessed", "; ".join(close[:3]))
        logger.info(f"{len(ids)} tokens, {len(ids)} different values of {claim}")

    @keyword
    def no_known_secret_should_sign(self, *tokens: Token) -> None:
        """Tries every secret of our list on issued tokens, offline, and fails when one of them makes the signature.

        Example: | `No Known Secret Should Sign` | ${user.access_token} |
        """
        found = [
            f"token {number}"
            for number, token in enumerate(tokens, 1)
            if known_secrets.signing_secrets(_text(token))
        ]
        expect(
            tokens and not found,
            f"signatures that none of {len(known_secrets.WORDS)} known secrets makes",
            ", ".join(found) or "no token",
        )

    @keyword
    def recovered_key_set(self, first: Token, second: Token, exponent: int = 3) -> dict[str, Any]:
        """Finds the public key behind two RS256 tokens from their signatures alone and returns it as a key set.

        It takes a moment for small exponents; with 65537 the numbers have 134 million bits and it takes minutes.
        Example: | ${key_set} = | `Recovered Key Set` | ${first} | ${second} |
        """
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

        text = _text(first)
        modulus = recovery.recover(text, _text(second), exponent)
        header = open_token(text).header
        members = keys.public_members(RSAPublicNumbers(exponent, modulus).public_key())
        return {"keys": [{**members, **{name: header[name] for name in ("kid", "alg") if name in header}}]}

    @keyword
    def signatures_should_reveal_key(self, key_set: KeySet, *tokens: Token) -> None:
        """Fails unless the published modulus is what two or more signatures reveal: it divides signature^e - message of each.

        This is the equation that tools which recover keys solve; who has two tokens has the key, published or not.
        Example: | `Signatures Should Reveal Key` | ${jwks.body} | ${first} | ${second} |
        """
        for token in tokens:
            text = _text(token)
            jwk = judging.key_of(text, key_set)
            expect(
                recovery.explains(keys.number(jwk["n"]), keys.number(jwk["e"]), text),
                "the published modulus to explain the signature",
                "it does not",
                f"kid {jwk.get('kid')}",
            )

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

    def _material(
        self,
        token: Token,
        key_set: KeySet | None,
        key: SigningKey | None = None,
        listener: str = "",
        sibling: Token = "",
    ) -> Material:
        published = tuple((key_set or {}).get("keys", ()))
        return Material(_text(token), published, key, listener, _text(sibling))


def _text(token: Token) -> str:
    return str(token.value) if isinstance(token, Secret) else str(token)


def _secret(text: str) -> Secret:
    conceal(text, "token")
    return Secret(text)


def _sent(forgery: Forgery, made: Material) -> Secret | Forged:
    text = forgery.make(made) or ""
    return _secret(text) if forgery.accepted else Forged(text)

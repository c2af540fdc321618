"""Keywords that judge issued tokens and published keys, without asking the platform."""

from __future__ import annotations

from typing import Any

from robot.api import logger
from robot.api.deco import keyword

from assay.evidence.expect import expect
from assay.token import judging, keys, known_secrets, recovery
from assay.token.compact import open_token
from assay.token.texts import KeySet, Token, text_of


class Checking:
    """Expectations about tokens and keys."""

    @keyword
    def token_should_verify_with(self, token: Token, key_set: KeySet) -> dict[str, Any]:
        """Fails unless exactly one published key is the one that the token names and its signature holds under it.

        The judge is the cryptography library; the algorithm of key and token must be the same (RFC 8725, section 3.1).
        Returns the key. Example: | `Token Should Verify With` | ${user.access_token} | ${jwks.body} |
        """
        text = text_of(token)
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
        """Fails unless the set holds public asymmetric keys only, each strong and named once.

        RFC 7517, sections 4.5 and 5; RFC 7518, section 3.3.
        Example: | `Key Set Should Be Fit To Publish` | ${jwks.body} |
        """
        published = key_set.get("keys", [])
        verifying = [jwk for jwk in published if judging.verifies(jwk)]
        expect(verifying, "at least one published key to verify with", "none", "the key set")
        wrong = [f"key {jwk.get('kid')} {what}" for jwk in published for what in judging.weaknesses(jwk)]
        wrong += [
            f"two keys are called {kid}" for kid in judging.repeated(jwk.get("kid") for jwk in published)
        ]
        expect(not wrong, "public keys that are fit to verify with", "; ".join(wrong), "the key set")

    @keyword
    def keys_should_name_their_algorithms(self, key_set: KeySet) -> None:
        """Fails unless each published key that verifies signatures says which algorithm it is for.

        One key serves one algorithm (RFC 8725, section 3.1).

        RFC 7517, section 4.4 leaves the member free; for RSA keys nothing else tells it.
        Example: | `Keys Should Name Their Algorithms` | ${jwks.body} |
        """
        bare = [
            str(jwk.get("kid"))
            for jwk in key_set.get("keys", [])
            if judging.verifies(jwk) and jwk.get("alg") not in keys.ALGORITHMS
        ]
        expect(not bare, "an algorithm in each published key", f"none in {', '.join(bare)}", "the key set")

    @keyword
    def token_should_hold_nothing_personal(self, token: Token, **words: Token) -> None:
        """Fails when a token has a claim about the person, or one of the named words stands in it.

        The claims are those of OpenID Connect Core 1.0, section 5.1.

        Example: | `Token Should Hold Nothing Personal` | ${user.access_token} | email=${user.email} | password=${user.password} |
        """
        found = judging.personal(
            open_token(text_of(token)).claims, {name: text_of(word) for name, word in words.items()}
        )
        expect(not found, "claims that tell nothing about the person", ", ".join(found), "the token's claims")

    @keyword
    def ids_of_tokens_should_be_unique(self, *tokens: Token, claim: str = "jti") -> None:
        """Fails unless each token has an id of its own that cannot be guessed from the others.

        Example: | `Ids Of Tokens Should Be Unique` | @{tokens} |
        """
        ids = [open_token(text_of(token)).claims.get(claim) for token in tokens]
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
            if known_secrets.signing_secrets(text_of(token))
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

        text = text_of(first)
        modulus = recovery.recover(text, text_of(second), exponent)
        header = open_token(text).header
        members = keys.public_members(RSAPublicNumbers(exponent, modulus).public_key())
        return {"keys": [{**members, **{name: header[name] for name in ("kid", "alg") if name in header}}]}

    @keyword
    def signatures_should_reveal_key(self, key_set: KeySet, *tokens: Token) -> None:
        """Fails unless the published modulus is what two or more signatures reveal.

        It divides signature^e - message of each.

        This is the equation that tools which recover keys solve; who has two tokens has the key, published or
        not.
        Example: | `Signatures Should Reveal Key` | ${jwks.body} | ${first} | ${second} |
        """
        for token in tokens:
            text = text_of(token)
            jwk = judging.key_of(text, key_set)
            expect(
                recovery.explains(keys.number(jwk["n"]), keys.number(jwk["e"]), text),
                "the published modulus to explain the signature",
                "it does not",
                f"kid {jwk.get('kid')}",
            )

    @keyword
    def answer_should_not_hold_token(self, response: Any, token: Token) -> None:
        """Fails when an answer repeats a token or one of its segments, in its body or in a header.

        Example: | `Answer Should Not Hold Token` | ${answer} | ${forged} |
        """
        text = text_of(token)
        said = "\n".join([response.text, *(f"{name}: {value}" for name, value in response.headers.items())])
        held = [part for part in (text, *text.split(".")) if part and part in said]
        expect(
            not held,
            "an answer that does not repeat the token",
            f"{len(held)} parts of it",
            response.operation,
        )

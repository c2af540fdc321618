"""Keywords that forge: from groups of attacks to rows of tables."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from robot.api import SkipExecution
from robot.api.deco import keyword
from robot.api.types import Secret

from assay.core.rows import Row
from assay.core.run import current
from assay.token import attacks, authorization, claims
from assay.token.attacks import Forged
from assay.token.keys import SigningKey
from assay.token.material import Forgery, Material
from assay.token.texts import KeySet, Token, secret, text_of


class Forging:
    """Rows that are to be refused, each table with the good form as its control."""

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
        return attacks.rows(group, _material(token, key_set, key, listener, sibling), field)

    @keyword
    def tables_of_forgeries(
        self,
        group: str,
        token: Token,
        *,
        key_set: KeySet | None = None,
        key: SigningKey | None = None,
        sibling: Token = "",
    ) -> list[list[Row]]:
        """Like `Forgeries`, for groups with more rows than a table can hold.

        Several tables, each with its control. The test is skipped where the token lends itself to none of the
        forgeries: one that names no session cannot name a wrong one.

        Example: | @{tables} = | `Tables Of Forgeries` | signature bits | ${user.access_token} |
        """
        made = attacks.tables(group, _material(token, key_set, key, "", sibling))
        if not made:
            raise SkipExecution(f"The tokens of this platform lend themselves to no forgery of '{group}'.")
        return made

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
        return Secret(attacks.forged(group, name, _material(token, key_set, key, "", sibling)))

    @keyword
    def sample_of_forgeries(
        self, token: Token, *, key_set: KeySet, key: SigningKey | None = None, sibling: Token = ""
    ) -> list[Row]:
        """A few forgeries of every group that can be made from what is given.

        To compare the verdicts of several faces.

        Example: | ${rows} = | `Sample Of Forgeries` | ${user.access_token} | key_set=${jwks} |
        """
        return attacks.sample(_material(token, key_set, key, "", sibling))

    @keyword
    def forgeries_for_timing(self, token: Token, key: SigningKey) -> list[Row]:
        """One forgery for each check that a verifier makes, from the form to the session.

        To compare how long they take.

        Example: | `Response Times Should Not Differ` | auth.getMe | ${rows} | invalid-token |
        """
        made = _material(token, None, key)
        chosen = {
            "form": attacks.forged("stripped", "four segments", made),
            "key": attacks.forged("wrong key name", "kid an unknown kid", made),
            "signature": attacks.forged("borrowed signature", "a stranger's signature", made),
            "expiry": attacks.forged("expiry", "exp a day ago", made),
        }
        if "sid" in made.claims:
            chosen["session"] = attacks.forged("session", "sid of no session", made)
        return [Row(f"wrong {name}", {"token": text}) for name, text in chosen.items()]

    @keyword
    def one_forgery_of_each_claim(self, token: Token, key: SigningKey) -> list[Secret]:
        """Tokens by a trusted key, in each of which another claim is wrong; all are well formed.

        Example: | @{forged} = | `One Forgery Of Each Claim` | ${user.access_token} | ${key} |
        """
        made = _material(token, None, key)
        return [
            Secret(attacks.forged(group, name, made))
            for group, name in claims.EACH
            if group != "session" or "sid" in made.claims
        ]

    @keyword
    def rows_at_the_edge(self, token: Token, key: SigningKey, leeway: int = 0) -> list[Row]:
        """Tokens whose times lie one second to either side of a leeway.

        They are good for a second: send them at once.

        Example: | ${rows} = | `Rows At The Edge` | ${user.access_token} | ${key} | leeway=5 |
        """
        made = _material(token, None, key)
        edges = [
            Row(one.name, {"token": _sent(one, made)}, one.accepted, one.name)
            for one in claims.edge(made, leeway)
        ]
        return [*edges, Row("the token, signed anew", {"token": secret(made.resigned())}, accepted=True)]

    @keyword
    def forms_of_the_header(self, token: Token) -> list[Row]:
        """Every form that we know of an Authorization header of the scheme Bearer, good ones as control rows.

        Example: | `Call Each Row` | auth.getMe | ${rows} |
        """
        return _headers(authorization.FORMS, text_of(token))

    @keyword
    def headers_of_other_schemes(self, token: Token) -> list[Row]:
        """Authorization headers of other schemes than Bearer, with the good form as control row.

        Example: | `Call Each Row` | auth.getMe | ${rows} | refused_as=missing-token |
        """
        return _headers(authorization.OTHER_SCHEMES, text_of(token))

    @keyword
    def forms_with_bearer_misplaced(self, token: Token) -> list[Row]:
        """Headers in which the word Bearer stands twice or in the wrong place, with the good form as control row.

        Example: | `Call Each Row` | auth.verifyToken | ${rows} |
        """
        return _headers(authorization.MISPLACED, text_of(token))

    @keyword
    def header_with_bearer_doubled(self, token: Token) -> Secret:
        """The value of an Authorization header in which the word Bearer stands twice."""
        return Secret(f"Bearer Bearer {text_of(token)}")

    @keyword
    def tokens_with_bearer_before_them(self, token: Token, field: str = "token") -> list[Row]:
        """The token with the word Bearer before or after it, for operations that take the bare token in a field."""
        text = text_of(token)
        told = [form.value.replace("{}", text) for form in authorization.WITH_THE_WORD]
        return [
            Row("the bare token", {field: Secret(text)}, accepted=True, note="control"),
            *(
                Row(value.replace(text, "TOKEN"), {field: Secret(value)}, note="Bearer beside it")
                for value in told
            ),
        ]

    @keyword
    def places_beside_the_header(self, token: Token) -> list[Row]:
        """The token in the query, in cookies and in other headers, where it must not count.

        The control is the right place.

        Example: | `Call Each Row` | auth.getMe | ${rows} | refused_as=missing-token |
        """
        text = text_of(token)

        made = [Row("in the Authorization header", {"token": Secret(text)}, accepted=True, note="control")]
        for form in authorization.PLACES:
            made.append(
                Row(
                    form.name,
                    {**_each(form.fields, text), "headers": _each(form.headers, text)},
                    note=form.name,
                )
            )
        return made

    @keyword
    def odd_requests_with_token(self, token: Token, operation: str) -> list[Row]:
        """Whole requests for headers that no client would send: two of them, a NUL, something else than a space.

        To be sent by `Call Raw`.

        Each row has the field `request`; the control row is an ordinary request.
        Example: | @{rows} = | `Odd Requests With Token` | ${user.access_token} | auth.getMe |
        """
        platform = current().platform
        step = platform.spelling(operation).steps[-1]
        path = urlsplit(platform.url(operation.partition(".")[0])).path.rstrip("/") + step.path
        made = authorization.raw_requests(text_of(token), step.method, path)
        return [
            Row(name, {"request": Secret(request.decode("latin-1"))}, accepted=not number, note=name)
            for number, (name, request) in enumerate(made)
        ]


def _headers(forms: Sequence[authorization.Form], text: str) -> list[Row]:
    return [
        Row(form.name, {"authorization": _filled(form.value, text)}, form.accepted, form.value)
        for form in forms
    ]


def _filled(value: str, token: str) -> Secret | str:
    """A text with the token in its place; what holds no token is no credential."""
    return Secret(value.replace("{}", token)) if "{}" in value else value


def _each(pairs: Sequence[tuple[str, str]], token: str) -> dict[str, Secret | str]:
    return {name: _filled(value, token) for name, value in pairs}


def _material(
    token: Token,
    key_set: KeySet | None,
    key: SigningKey | None = None,
    listener: str = "",
    sibling: Token = "",
) -> Material:
    published = tuple((key_set or {}).get("keys", ()))
    return Material(text_of(token), published, key, listener, text_of(sibling))


def _sent(forgery: Forgery, made: Material) -> Secret | Forged:
    text = forgery.make(made) or ""
    return secret(text) if forgery.accepted else Forged(text)

"""Keywords about opaque secrets: passwords, refresh tokens, confirmation tokens, session ids."""

from __future__ import annotations

import base64
import math
import re
import secrets
import string
from collections.abc import Sequence
from itertools import pairwise

from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.core.rows import Row
from assay.core.tolerance import tolerated
from assay.evidence.expect import expect
from assay.evidence.redact import conceal

_SIGNED = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
_ALPHABET = string.ascii_letters + string.digits
_TABLE = 125  # rows that a reader still looks through
_PIECE = 8  # characters in a row that no two secrets share by chance


@library(scope="GLOBAL", auto_keywords=False)
class SecretLibrary:
    """Makes passwords, alters opaque secrets and judges whether they can be guessed.

    Whatever it makes is concealed from every log. It talks to no platform.
    """

    @keyword
    def fresh_password(self, characters: int = 20) -> Secret:
        """A password that was never used before, of that many letters and digits; the first and the last are letters.

        Example: | ${password} = | `Fresh Password` | characters=100 |
        """
        first, last = (secrets.choice(string.ascii_letters) for _ in range(2))
        return _secret(f"{first}{_random(characters - 2)}{last}"[:characters], "password")

    @keyword
    def fresh_password_with(self, text: str) -> Secret:
        """A fresh password that holds a text, such as spaces or letters of another script, in its middle and at its ends."""
        return _secret(f"{text}{_random(6)}{text}{_random(6)}{text}", "password")

    @tolerated("auth.lockouts")
    def unlike_forms_of_password(
        self, password: Secret, field: str = "password", **control: object
    ) -> list[Row]:
        """Rows for a log-in or the like: passwords that differ little from the right one, and at last the right one as control.

        | =Argument= | =Meaning= |
        | `password` | the right one, letters and digits, 74 to 127 of them: a cut at 72 bytes shows, and no row is too long; it begins and ends with a letter |
        | `field`    | the field of the operation that takes it |
        | `control`  | the other fields of the request, the same in each row |

        Example: | ${rows} = | `Unlike Forms Of Password` | ${account.password} | email=${account.email} |
        """
        right = password.value
        forms = {
            "the last character changed": right[:-1] + _other(right[-1]),
            "the last character missing": right[:-1],
            "one character more": right + "x",
            "cut at 72": right[:72],
            "the first character changed": _other(right[0]) + right[1:],
            "one character in the middle changed": right[:36] + _other(right[36]) + right[37:],
            "capitals and small letters swapped": right.swapcase(),
            "only the first letter swapped": right[0].swapcase() + right[1:],
            "only the last letter swapped": right[:-1] + right[-1].swapcase(),
            "all in small letters": right.lower(),
            "all in capitals": right.upper(),
            "a space before": f" {right}",
            "a space after": f"{right} ",
            "a line break after": f"{right}\n",
        }
        rows = [
            _row(name, {**control, field: _secret(form, "password")})
            for name, form in forms.items()
            if form != right
        ]
        return [*rows, _row("the password itself", {**control, field: password}, accepted=True)]

    @keyword
    def a_row(self, name: str, /, *, accepted: bool = False, **request: object) -> Row:
        """One row of a table, for keywords that take rows; ``request`` are the fields of the operation.

        ``accepted`` makes it the control row of a table of refusals.
        Example: | ${row} = | `A Row` | nobody | email=${nobody.email} | password=${nobody.password} |
        """
        return Row(name, dict(request), accepted)

    @keyword
    def rows_of_values(self, field: str, *values: object, **others: object) -> list[Row]:
        """A row for each value of one field; the first value is the valid one, and its row the control.

        `others` are the other fields of the request, the same in each row.
        Example: | ${rows} = | `Rows Of Values` | limit | 100 | 0 | -1 | token=${user.access_token} |
        """
        return [
            Row(f"{field} {value!r:.40}", {**others, field: value}, accepted=not number)
            for number, value in enumerate(values)
        ]

    @keyword
    def without_the_last_character(self, secret: Secret) -> Secret:
        """The secret cut by one character."""
        return _secret(secret.value[:-1], "altered secret")

    @tolerated("auth.lockouts")
    def unlike_forms_of_address(self, address: str, **control: object) -> list[Row]:
        """Rows for a log-in: mail addresses that look like the right one and are another's, and the right one as control.

        Each is an address by every rule, so that no service refuses it for its form: see `Log-Ins By Texts Around An Address` for those.
        `control` are the other fields of the request, the same in each row.
        Example: | ${rows} = | `Unlike Forms Of Address` | ${account.email} | password=${account.password} |
        """
        name, _, domain = address.partition("@")
        forms = {
            "with a tag": f"{name}+tag@{domain}",
            "with a dot in the name": f"{name[:2]}.{name[2:]}@{domain}",
            "without its last letter": f"{name[:-1]}@{domain}",
            "at a domain above": f"{name}@{domain.partition('.')[2]}",
            "at a domain below": f"{name}@more.{domain}",
            "with a star": f"{name[:3]}*@{domain}",
            "with a percent sign": f"{name[:3]}%@{domain}",
            "with an SQL comment": f"{name}'--@{domain}",
        }
        rows = [_row("the address itself", {**control, "email": address}, accepted=True)]
        return rows + [
            _row(word, {**control, "email": form}) for word, form in forms.items() if form != address
        ]

    @tolerated("auth.lockouts", "Log-Ins By Texts Around An Address")
    def log_ins_by_texts_around_an_address(self, address: str, password: Secret) -> list[dict[str, object]]:
        """Fields of log-ins with a text that holds a mail address, or a piece of it, and is no address by every rule.

        Example: | ${tries} = | `Log-Ins By Texts Around An Address` | ${account.email} | ${account.password} |
        """
        name, _, domain = address.partition("@")
        texts = [
            name,
            domain,
            f"{address}\0x",
            f"{address}' --",
            f"{address},{name}@people.test",
            address.replace("e", "\u0435", 1),
        ]
        return [{"email": text, "password": password} for text in texts]

    @keyword
    def without_the_beginning(self, secret: Secret, beginning: str) -> Secret:
        """What is secret of a secret that begins with a text anybody may know, such as the prefix of a key.

        Example: | ${part} = | `Without The Beginning` | ${key.secret} | ${key.prefix} |
        """
        expect(
            secret.value.startswith(beginning), f"a secret that begins with {beginning}", "another beginning"
        )
        return _secret(secret.value[len(beginning) :], "secret part")

    @keyword
    def longer_secret(self, secret: Secret, text: str = "", before: str = "") -> Secret:
        """The secret with a text after it, or before it.

        Example: | ${authorization} = | `Longer Secret` | ${user.access_token} | before=Bearer${SPACE} |
        """
        return _secret(before + secret.value + text, "altered secret")

    @keyword
    def altered_forms_of_secret(
        self, secret: Secret | str, field: str, accepted: Secret | str | None = None, **others: object
    ) -> list[Row]:
        """Rows for an operation that takes an opaque secret or text: altered, cut, lengthened or replaced.

        | =Argument= | =Meaning= |
        | `secret`   | a live secret; none of the rows uses it as it is |
        | `field`    | the field of the operation that takes it |
        | `accepted` | another live secret for the control row, which uses it up |
        | `others`   | the other fields of the request, the same in each row |

        Example: | ${rows} = | `Altered Forms Of Secret` | ${user.refresh_token} | refresh_token | accepted=${other.refresh_token} |
        """
        right = secret.value if isinstance(secret, Secret) else secret
        forms = {
            "the first character changed": _other(right[0]) + right[1:],
            "one character in the middle changed": right[: len(right) // 2]
            + _other(right[len(right) // 2])
            + right[len(right) // 2 + 1 :],
            "cut by one": right[:-1],
            "cut to half": right[: len(right) // 2],
            "the first character only": right[0],
            "one character more": right + "A",
            "twice": right + right,
            "capitals and small letters swapped": right.swapcase(),
            "reversed": right[::-1],
            "a space before": f" {right}",
            "a space after": f"{right} ",
            "a line break after": f"{right}\n",
            "a NUL after": f"{right}\0",
            "a percent sign": "%",
            "a star": "*",
            "an SQL condition": "' OR '1'='1",
            "made up, of the same length": _random(len(right)),
            "zeros of the same length": "0" * len(right),
        }
        rows = [
            _row(name, {**others, field: _secret(form, "altered secret")})
            for name, form in forms.items()
            if form != right
        ]
        return rows + ([_row("a live one", {**others, field: accepted}, accepted=True)] if accepted else [])

    @keyword
    def altered_forms_of_secret_in_a_header(
        self, secret: Secret, field: str, accepted: Secret, **others: object
    ) -> list[Row]:
        """Like `Altered Forms Of Secret`, without the forms that no header can carry: blanks at its ends and controls."""
        rows = self.altered_forms_of_secret(secret, field, accepted, **others)
        return [
            row for row in rows if (text := row.request[field].value) == text.strip() and text.isprintable()
        ]

    @keyword
    def made_up_secrets_like(
        self, secret: Secret, field: str, count: int, **others: object
    ) -> list[list[Row]]:
        """Tables of so many made-up secrets with the look of a live one, which is the control of each table.

        Every second one has the letters and the length of the live one, drawn anew; of the others one place is changed, or two
        neighbours have changed places. Each table has 125 at most.
        Example: | ${tables} = | `Made Up Secrets Like` | ${token} | token | 1000 | schema_id=${schema} | key=a |
        """
        right, letters = secret.value, sorted(set(secret.value))
        made: dict[str, None] = {}
        while len(made) < count:
            place = secrets.randbelow(len(right) - 1)
            drawn = "".join(secrets.choice(letters) for _ in right)
            near = right[:place] + _other(right[place]) + right[place + 1 :]
            turned = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
            made.setdefault(secrets.choice((drawn, drawn, near, turned)))
            made.pop(right, None)
        control = _row("a live one", {**others, field: secret}, accepted=True)
        rows = [
            _row(f"made up {number}", {**others, field: _secret(text, "made-up secret")})
            for number, text in enumerate(made, 1)
        ]
        return [[control, *rows[start : start + _TABLE]] for start in range(0, len(rows), _TABLE)]

    @keyword
    def secrets_should_be_unguessable(self, *values: Secret | str, bits: int = 128) -> None:
        """Judges secrets that were given out one after the other: all different, long enough, without a common pattern.

        Each must have room for `bits` of chance: its length times the bits of the alphabet that they use together, after what
        all of them begin and end with is taken away. At least eight are needed. Of signed tokens (JWS in compact form) the
        signature is judged: what they say may be alike, and nobody guesses the rest without the key.
        Source: ASVS 5.0, 7.2.3.
        """
        plain = [value.value if isinstance(value, Secret) else value for value in values]
        if len(plain) < 8:
            raise ValueError(f"give at least 8 secrets to judge, not {len(plain)}")
        expect(
            len(set(plain)) == len(plain),
            "secrets that are all different",
            f"{len(set(plain))} of {len(plain)}",
        )
        varied = _varied([_guessed(value) for value in plain])
        width = math.log2(max(2, len(set("".join(varied)))))
        room = min(map(len, varied)) * width
        expect(room >= bits, f"room for {bits} bits of chance in each", f"room for {room:.0f}")
        together = max(sum(a == b for a, b in zip(one, two, strict=False)) for one, two in _pairs(varied))
        share = together / min(map(len, varied))
        expect(
            share < 0.5, "secrets that agree by chance only", f"{share:.0%} of their characters are the same"
        )

    @keyword
    def secrets_should_all_differ(self, *values: Secret | str) -> None:
        """No two of these secrets are the same."""
        plain = [value.value if isinstance(value, Secret) else value for value in values]
        expect(
            len(set(plain)) == len(plain),
            f"{len(plain)} different secrets",
            f"{len(set(plain))} different ones",
        )

    @keyword
    def secret_should_say_nothing_of(self, secret: Secret, **known: str) -> None:
        """No eight characters in a row of what is known stand in a secret, or in what a part of it holds in Base64.

        Capitals and hyphens make no difference. What is shorter is not looked for, nor the time that some ids begin with. Of
        a signed token (JWS in compact form) the signature is judged.
        Source: RFC 6749, 10.10.
        Example: | `Secret Should Say Nothing Of` | ${user.refresh_token} | session=${session}[id] |
        """
        forms = [_bare(form) for form in _forms(_guessed(secret.value))]
        found = {name: piece for name, value in known.items() if (piece := _shared(_timeless(value), forms))}
        expect(not found, "a secret that says nothing", f"parts of its {', '.join(found)}")


def _forms(text: str) -> list[str]:
    """A text as it is and, where it or a part of it may be Base64, what that holds, as text and in hexadecimal."""
    parts = {rest for part in re.split(r"[.:~]", text) for rest in (part, *_rests(part))}
    opened = [_opened(part) for part in {text, *parts}]
    return [text, *(form for octets in opened for form in (octets.decode("latin-1"), octets.hex()))]


def _rests(part: str) -> list[str]:
    """What follows each underscore: it parts a beginning from a secret, and is a letter of Base64 too."""
    return [part[found.end() :] for found in re.finditer("_", part)]


def _opened(text: str) -> bytes:
    """What a text holds in Base64 of either alphabet; nothing where it is none."""
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        return b""


def _timeless(known: str) -> str:
    """An id without the time that it begins with (UUID of version 7: RFC 9562, 5.7; ULID), which others share; else as it is."""
    bare = _bare(known)
    if re.fullmatch(r"[0-9a-f]{12}7[0-9a-f]{19}", bare):
        return bare[12:]
    return bare[10:] if re.fullmatch(r"[0-7][0-9a-hjkmnp-tv-z]{25}", bare) else bare


def _bare(text: str) -> str:
    return text.replace("-", "").lower()


def _shared(known: str, forms: Sequence[str]) -> str:
    pieces = (known[at : at + _PIECE] for at in range(len(known) - _PIECE + 1))
    return next((piece for piece in pieces if any(piece in form for form in forms)), "")


def _guessed(value: str) -> str:
    """What of a secret has to be guessed: of a signed token the signature."""
    return value.rpartition(".")[2] if _SIGNED.fullmatch(value) else value


def _varied(values: Sequence[str]) -> list[str]:
    start = _common(values)
    end = _common([value[start:][::-1] for value in values])
    return [value[start : len(value) - end] for value in values]


def _common(values: Sequence[str]) -> int:
    return next(
        (at for at, same in enumerate(zip(*values, strict=False)) if len(set(same)) > 1),
        min(map(len, values)),
    )


def _pairs(values: Sequence[str]) -> list[tuple[str, str]]:
    return list(pairwise(values))


def _row(name: str, request: dict[str, object], accepted: bool = False) -> Row:
    return Row(name, request, accepted)


def _secret(value: str, kind: str) -> Secret:
    conceal(value, kind)
    return Secret(value)


def _random(characters: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(characters))


def _other(character: str) -> str:
    return "B" if character == "A" else "A"

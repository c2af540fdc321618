"""Forms of the Authorization header (RFC 9110, section 11.6.2; RFC 6750, section 2.1), good and bad."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """One way to present a token.

    The header's value, with the token in the place of `{}`, and what belongs to it.
    """

    name: str
    value: str = ""
    accepted: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()


#: The scheme Bearer, its name in any case (RFC 9110, 11.1). More spaces than one are as good (RFC 6750, 2.1), so they
#: are no row.
FORMS = (
    Form("Bearer and the token", "Bearer {}", accepted=True),
    Form("bearer in small letters", "bearer {}", accepted=True),
    Form("BEARER in capitals", "BEARER {}", accepted=True),
    Form("Bearer twice", "Bearer Bearer {}"),
    Form("Bearer three times", "Bearer Bearer Bearer {}"),
    Form("bearer inside the token's place", "Bearer bearer {}"),
    Form("Bearer after the token", "Bearer {}Bearer "),
    Form("a zero width space between", "Bearer \u200b{}"),
    Form("a comma after it", "Bearer {},"),
    Form("a list with another", "Bearer {}, Bearer x"),
    Form("a list after another", "Bearer x, Bearer {}"),
    Form("a semicolon after it", "Bearer {};"),
    Form("words after it", "Bearer {} x"),
    Form("the token twice", "Bearer {} {}"),
    Form("quoted", 'Bearer "{}"'),
    Form("in angle brackets", "Bearer <{}>"),
    Form("as a parameter", "Bearer token={}"),
    Form("as a quoted parameter", 'Bearer access_token="{}"'),
    Form("percent-encoded dots", "Bearer {}%20"),
    Form("Bearer alone", "Bearer"),
    Form("Bearer and a space", "Bearer "),
    Form("Bearer and null", "Bearer null"),
    Form("Bearer and undefined", "Bearer undefined"),
    Form("Bearer and a dot", "Bearer ."),
)

#: Headers of a scheme that the platform does not speak: nobody has tried to authenticate (RFC 6750, 3.1).
OTHER_SCHEMES = (
    Form("Bearer and the token", "Bearer {}", accepted=True),
    Form("Basic", "Basic {}"),
    Form("Token", "Token {}"),
    Form("JWT", "JWT {}"),
    Form("Digest", "Digest {}"),
    Form("DPoP", "DPoP {}"),
    Form("the token alone", "{}"),
    Form("Bearer and nothing between", "Bearer{}"),
    Form("a letter before Bearer", "xBearer {}"),
    Form("letters after Bearer", "Bearerx {}"),
    Form("a word before Bearer", "Token Bearer {}"),
    Form("a list after Basic", "Basic eDp5, Bearer {}"),
    Form("Cyrillic letters that look like Bearer", "Bеarer {}"),
)

#: Other places in which a platform must not look for a token (RFC 9700, 4.3.2; ASVS 5.0, 14.2.1).
PLACES = (
    *(
        Form(f"in the query as {name}", fields=((name, "{}"),))
        for name in ("access_token", "jwt", "auth", "bearer", "apikey")
    ),
    *(
        Form(f"in the header {name}", headers=((name, "{}"),))
        for name in (
            "X-Access-Token",
            "X-Auth-Token",
            "X-Authorization",
            "Proxy-Authorization",
            "X-Forwarded-Access-Token",
            "X-Original-Authorization",
            "Token",
        )
    ),
    *(
        Form(f"in the cookie {name}", headers=(("Cookie", name + "={}"),))
        for name in ("access_token", "token", "Authorization", "jwt", "session")
    ),
    Form(
        "in the query and as another method",
        headers=(("X-HTTP-Method-Override", "GET"),),
        fields=(("access_token", "{}"),),
    ),
)


#: The forms that come out as `Bearer TOKEN` when the word is removed wherever it stands, or left where it should go.
MISPLACED = tuple(form for form in FORMS if form.accepted or form.value.lower().count("bearer") > 1)

#: The forms in which the word stands beside the bare token, for places that take no scheme at all.
WITH_THE_WORD = tuple(
    form
    for form in (*FORMS, *OTHER_SCHEMES[1:])
    if form.name
    in (
        "Bearer and the token",
        "bearer in small letters",
        "BEARER in capitals",
        "Bearer twice",
        "Bearer three times",
        "bearer inside the token's place",
        "Bearer after the token",
        "Bearer and nothing between",
    )
)


def raw_requests(token: str, method: str, path: str) -> list[tuple[str, bytes]]:
    """Requests that no client would send.

    The header twice, a NUL in it, something else than a space after the scheme, the token in the address. No
    standard has a word for these refusals: whether `Bearer:` is that scheme or another, each platform may say.

    The first is the control, an ordinary request. A folded line is not among them: RFC 9112, 5.2 lets a
    server take the fold for a space, which makes the header a good one.
    """
    good = f"Authorization: Bearer {token}"
    cases = (
        ("an ordinary request", good),
        ("two headers, the good one first", f"{good}\r\nAuthorization: Bearer x"),
        ("two headers, the good one last", f"Authorization: Bearer x\r\n{good}"),
        ("two good headers", f"{good}\r\n{good}"),
        ("Basic and the good header", f"Authorization: Basic eDp5\r\n{good}"),
        ("a NUL after the token", f"{good}\0"),
        ("a NUL before the token", f"Authorization: Bearer \0{token}"),
        ("a space before the colon", f"Authorization : Bearer {token}"),
        ("a tab between", f"Authorization: Bearer\t{token}"),
        ("a colon between", f"Authorization: Bearer:{token}"),
        ("a colon and a space between", f"Authorization: Bearer: {token}"),
        ("= between", f"Authorization: Bearer={token}"),
        ("a no-break space between", f"Authorization: Bearer\xa0{token}"),
        ("an em space in UTF-8 between", f"Authorization: Bearer\xe2\x80\x83{token}"),
        ("a vertical tab between", f"Authorization: Bearer\v{token}"),
        ("a form feed between", f"Authorization: Bearer\f{token}"),
        ("an underscore in the name", f"Authorization_: Bearer {token}"),
        ("a bare carriage return", f"Authorization: Bearer \r{token}"),
        ("delete after the token", f"{good}\x7f"),
    )
    placed = [
        (name, f"{method} {path} HTTP/1.1\r\nHost: {{host}}\r\n{lines}\r\nConnection: close\r\n\r\n")
        for name, lines in cases
    ]
    placed += [
        (
            f"in the address as {name}",
            f"{method} {path}?{name}={value} HTTP/1.1\r\nHost: {{host}}\r\nConnection: close\r\n\r\n",
        )
        for name, value in (("token", token), ("authorization", f"Bearer%20{token}"))
    ]
    return [(name, request.encode("latin-1")) for name, request in placed]

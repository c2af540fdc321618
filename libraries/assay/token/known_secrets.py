"""Secrets that stand in documentation, examples, templates and lists of cracked tokens."""

from __future__ import annotations

from assay.token import keys
from assay.token.compact import Compact, decode
from assay.token.material import Forgery, Group, Material, bound

#: From the manuals and sample configurations of frameworks, and from the lists that crackers of tokens try first.
_TEXT = """
secret Secret SECRET secret1 secret123 secret_key secretkey secretKey SecretKey SECRET_KEY secret-key
mysecret my_secret my-secret mySecret mysecretkey my_secret_key my-secret-key MySecretKey supersecret
super_secret super-secret superSecret supersecretkey super-secret-key topsecret top-secret notsosecret
not-a-secret shhhhh shhhh shh jwt JWT jwtsecret jwt_secret jwt-secret jwtSecret JWT_SECRET jwtkey jwt_key
jwt-key token tokensecret token_secret token-secret TOKEN_SECRET access accesstoken access_token
access_token_secret accesssecret refreshsecret your-256-bit-secret your-384-bit-secret your-512-bit-secret
your_jwt_secret your-jwt-secret your_secret_key your-secret-key yoursecretkey your_secret your-secret
yoursecret YOUR_SECRET_KEY YOUR_JWT_SECRET your-very-secure-secret-key
your-super-secret-jwt-token-with-at-least-32-characters-long changeme change-me change_me changeit
changethis change-this ChangeMe CHANGEME CHANGE_ME please-change-me changemeinproduction default
defaultsecret default_secret default-secret dev dev-secret dev_secret devsecret development
development-secret test test123 testing testsecret test_secret test-secret testkey test-key test_key example
example_secret example-secret examplekey example_key demo demosecret sample samplesecret placeholder todo
TODO fixme key Key KEY mykey my_key my-key privatekey private_key private-key private publickey public_key
public-key signkey signingkey signing_key signing-key signature hmac hmacsecret hmac_secret hs256 HS256
hs256-secret HS512 sha256 symmetric sharedsecret shared_secret shared-secret apisecret api_secret api_key
password Password password1 password123 Password1 Passw0rd p@ssw0rd P@ssw0rd pass passw0rd 123456 12345678
123456789 1234567890 12345 1234 123 0 00000000 qwerty qwerty123 abc123 abcdef abcdefg letmein welcome admin
admin123 administrator root toor user guest iloveyou monkey dragon master foo bar foobar baz hello
helloworld hello-world world lorem ipsum x xxx abc a aaaa asdf asdfasdf zxcvbn null undefined None none nil
true false django-insecure django-insecure-key flask flask-secret rails laravel spring springboot
spring-boot-secret express nodejs node nestjs nest next nextauth nextauth_secret NEXTAUTH_SECRET auth0
keycloak okta firebase supabase strapi parse hasura kong apollo graphql fastapi FASTAPI_SECRET starlette
sanic tornado symfony lexik gin echo fiber golang rust actix rocket dotnet aspnet asp.net-core
ThisIsMySecretKey ThisismySecretKey thisisasecret this-is-a-secret thisismysecret this_is_my_secret
thisisaverysecretkey a-string-secret-at-least-256-bits-long
a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long secretsecretsecretsecretsecretsecret
00000000000000000000000000000000 11111111111111111111111111111111 01234567890123456789012345678901
0123456789abcdef0123456789abcdef abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz123456
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa GQDstcKsx0NHjPOuXOYg5MbeJ1XT0uFiwDVvVBrk
AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow
09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7 netra netra-secret netra-auth-service
netra-jwt-secret dev-jwt-secret jwt_secret_key jwt-secret-key JWT_SECRET_KEY jwtSecretKey JWTSecretKey
jwtprivatekey jwt_private_key app_secret app-secret appsecret application authsecret auth_secret auth-secret
auth AUTH_SECRET session sessionsecret session_secret session-secret keyboard keyboardcat cookie_secret
cookiesecret server serversecret service service-secret service_secret client client_secret client-secret
clientsecret oauth oauth2 openid oidc saml sso login assay assay-secret assay_secret reference platform
platform-secret production prod prod-secret staging local localhost local-secret docker kubernetes
"""
WORDS: tuple[str, ...] = tuple(
    dict.fromkeys(
        (
            *_TEXT.split(),
            "keyboard cat",
            "my secret",
            "this is a secret",
            "super secret",
            "your secret here",
            "secret\n",
        )
    )
)


def signing_secrets(token: str) -> list[str]:
    """The known secrets under which a token's signature holds as an HMAC.

    Offline, whatever its header says.
    """
    parts = Compact.of(token)
    signature = decode(parts.signature)
    algorithm = {32: "HS256", 48: "HS384", 64: "HS512"}.get(len(signature), "")
    if not algorithm:
        return []
    return [word for word in WORDS if keys.mac(word.encode(), parts.signing_input, algorithm) == signature]


def known(material: Material) -> list[Forgery]:
    return [
        Forgery(
            f"HS256 with '{word.strip()[:80]}'" + (" and a line feed" if word.endswith("\n") else ""),
            bound(Material.hmaced, word.encode()),
        )
        for word in WORDS
    ]


GROUPS = (
    Group(
        "known secret",
        "JWT-15",
        "RFC 8725, 2.2 and 3.5; CWE-798, CWE-521; WSTG-SESS-10",
        "An HMAC with a secret that stands in a manual",
        known,
    ),
)

"""What auth can be told at its start: how long, how many, which algorithm."""

import base64
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reference.common import settings
from reference.common.settings import SettingError, about, setting

__all__ = ["SettingError", "Settings", "Surroundings", "describe", "from_environment", "parse"]

ALGORITHMS = ("RS256", "ES256", "EdDSA")


@dataclass(frozen=True)
class Settings:
    """Every setting with its default; durations are in seconds."""

    access_token_lifetime: int = setting(900, "Seconds from the issue of an access token to its expiry", 1)
    refresh_token_lifetime: int = setting(
        604800, "Seconds from log-in to the end of the session; no renewal moves it", 1
    )
    session_idle_lifetime: int = setting(
        86400, "Seconds without use after which a session ends, up to a tenth sooner", 1
    )
    session_limit: int = setting(5, "Sessions a user may have; the oldest ends when one more begins", 1)
    signing_algorithm: str = setting("RS256", "How access tokens are signed", values=ALGORITHMS)
    key_overlap: int = setting(900, "Seconds that a retired signing key still verifies and is published", 0)
    leeway: int = setting(0, "Seconds of clock difference allowed to exp, nbf and iat", 0)
    issuer: str = setting("", "The iss of every token; empty: the address of the service")
    audience: str = setting("assay", "The aud of every token")
    verification_lifetime: int = setting(86400, "Seconds that a mailed verification token works", 1)
    verification_link: str = setting(
        "https://www.assay.test/verify-email", "The page that a verification mail links to"
    )
    reset_lifetime: int = setting(3600, "Seconds that a mailed reset token works", 1)
    reset_link: str = setting(
        "https://www.assay.test/reset-password", "The page that a password reset mail links to"
    )
    reset_mails: int = setting(3, "Reset mails to one account before no more are sent for a while", 1)
    reset_mail_window: int = setting(3600, "Seconds that reset mails are counted for", 1)
    password_min_length: int = setting(8, "The fewest characters of a password", 1)
    max_body_bytes: int = setting(65536, "The largest request body", 256)
    arrival_seconds: int = setting(
        10, "Seconds that a request may take to arrive, its head and its body each", 1
    )
    login_failures: int = setting(
        20, "Failed log-ins to one account from one address before it has to wait", 1
    )
    login_failures_account: int = setting(
        200, "Failed log-ins to one account from everywhere before strangers have to wait", 1
    )
    login_failure_window: int = setting(60, "Seconds that failed log-ins are counted for", 1)
    address_limit: int = setting(10000, "Requests from one address in address_window seconds", 1)
    address_window: int = setting(10, "Seconds that requests from an address are counted for", 1)
    account_limit: int = setting(10000, "Requests by one account in account_window seconds", 1)
    account_window: int = setting(10, "Seconds that requests by an account are counted for", 1)
    key_limit: int = setting(10000, "Requests by one API key in key_window seconds", 1)
    key_window: int = setting(10, "Seconds that requests by an API key are counted for", 1)
    signup_limit: int = setting(1000, "Sign-ups from one address in signup_window seconds", 1)
    signup_window: int = setting(60, "Seconds that sign-ups from an address are counted for", 1)
    login_limit: int = setting(3000, "Log-ins from one address in login_window seconds", 1)
    login_window: int = setting(60, "Seconds that log-ins from an address are counted for", 1)
    reset_limit: int = setting(1000, "Requests for a reset from one address in reset_window seconds", 1)
    reset_window: int = setting(60, "Seconds that requests for a reset from an address are counted for", 1)
    signup_mails: int = setting(
        10, "Mails to one address because somebody signs up with it before no more are sent for a while", 1
    )
    signup_mail_window: int = setting(3600, "Seconds that mails because of a sign-up are counted for", 1)
    challenge_lifetime: int = setting(
        300, "Seconds that a log-in may wait for a code of the second factor", 1
    )
    code_failures: int = setting(5, "Wrong codes for one account before further ones have to wait", 1)
    code_failure_window: int = setting(300, "Seconds that wrong codes are counted for", 1)
    session_cache_lifetime: int = setting(
        30, "Seconds that the session store may answer for a session without the database", 1
    )
    service_token_lifetime: int = setting(300, "Seconds from the issue of a service token to its expiry", 1)
    api_key_limit: int = setting(25, "API keys a user may have", 1)
    api_key_overlap: int = setting(3600, "Seconds at most that the secret before works after a rotation", 0)
    trusted_keys: dict[str, Any] = field(
        default_factory=lambda: {"keys": []},
        metadata=about("Public keys, as a JWK set, that tokens may also be signed with"),
    )
    service_domain: str = setting(
        "services.assay.test", "The domain below which a client certificate names a service"
    )
    token_conformance: bool = setting(False, "Offers the operations trustKeys and verifySignature")
    argon2_time_cost: int = setting(2, "Argon2id passes", 1)
    argon2_memory_kib: int = setting(19456, "Argon2id memory in KiB", 8)
    argon2_parallelism: int = setting(1, "Argon2id lanes", 1)


def describe() -> dict[str, dict[str, Any]]:
    """Every setting with type, default, bounds and meaning."""
    return settings.describe(Settings)


def parse(given: dict[str, Any]) -> Settings:
    """Settings from what was asked for; raises SettingError for a name or value that is not accepted."""
    return settings.parse(Settings, given)


@dataclass(frozen=True)
class Surroundings:
    """Where the things are that auth needs, and the secrets it was given; read from the environment."""

    database_url: str
    redis_url: str
    smtp: str
    public_url: str
    security_log: str
    key_secret: bytes = field(repr=False)
    client_authority: Path = Path()
    client_revocations: Path = Path()
    admin_email: str = ""
    admin_password: str = field(default="", repr=False)
    settings: Settings = field(default_factory=Settings)


def from_environment() -> Surroundings:
    """What the variables ASSAY_AUTH_* say."""
    environment = os.environ
    return Surroundings(
        database_url=environment["ASSAY_AUTH_DATABASE_URL"],
        redis_url=environment["ASSAY_AUTH_REDIS_URL"],
        smtp=environment["ASSAY_AUTH_SMTP"],
        public_url=environment["ASSAY_AUTH_PUBLIC_URL"],
        security_log=environment["ASSAY_AUTH_SECURITY_LOG"],
        key_secret=base64.b64decode(environment["ASSAY_AUTH_KEY_SECRET"]),
        client_authority=Path(environment.get("ASSAY_AUTH_CLIENT_AUTHORITY", "")),
        client_revocations=Path(environment.get("ASSAY_AUTH_CLIENT_REVOCATIONS", "")),
        admin_email=environment.get("ASSAY_AUTH_ADMIN_EMAIL", ""),
        admin_password=environment.get("ASSAY_AUTH_ADMIN_PASSWORD", ""),
        settings=parse(json.loads(environment.get("ASSAY_AUTH_SETTINGS", "{}"))),
    )

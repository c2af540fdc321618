"""Auth, put together: everything it is made of, prepared and ready to answer."""

from collections.abc import Callable
from dataclasses import dataclass

from reference.auth.access import Access
from reference.auth.accounts import Accounts
from reference.auth.apikeys import ApiKeys
from reference.auth.cache import Cache
from reference.auth.cookies import Cookies
from reference.auth.database import Database
from reference.auth.deletion import Deletion
from reference.auth.export import Export
from reference.auth.health import Health
from reference.auth.keys import KeyRing
from reference.auth.limits import Limits
from reference.auth.mail import Outbox
from reference.auth.members import Members
from reference.auth.pages import Cursors
from reference.auth.passwords import Passwords
from reference.auth.recovery import Recovery
from reference.auth.secondfactor import SecondFactor
from reference.auth.securitylog import SecurityLog
from reference.auth.services import Services
from reference.auth.sessions import Sessions
from reference.auth.settings import Settings, Surroundings
from reference.auth.throttle import Throttle
from reference.auth.tokens import Issuer, Verifier
from reference.auth.windows import Windows
from reference.common.mutualtls import Identities


@dataclass(frozen=True)
class Service:
    """The parts, each of which knows one thing."""

    settings: Settings
    issuer_name: str
    public_url: str
    accounts: Accounts
    members: Members
    api_keys: ApiKeys
    services: Services
    recovery: Recovery
    deletion: Deletion
    export: Export
    sessions: Sessions
    keys: KeyRing
    issuer: Issuer
    verifier: Verifier
    access: Access
    limits: Limits
    cookies: Cookies
    second_factor: SecondFactor
    health: Health
    passwords: Passwords
    outbox: Outbox
    identities: Identities
    log: SecurityLog


def assemble(surroundings: Surroundings) -> Service:
    """Puts the parts together; nothing is asked or written yet."""
    settings = surroundings.settings
    issuer_name = settings.issuer or surroundings.public_url
    log = SecurityLog(surroundings.security_log)
    database = Database(surroundings.database_url)
    cache = Cache(surroundings.redis_url)
    outbox = Outbox(database, settings, surroundings.smtp, log)
    keys = KeyRing(database, settings, surroundings.key_secret, log)
    sessions = Sessions(database, cache, settings, log)
    verifier = Verifier(keys, settings, issuer_name)
    passwords = Passwords(settings)
    counts = Cache(surroundings.redis_url, "auth:limits")  # apart: its trouble is not that of sessions
    windows = Windows(counts)
    throttle = Throttle(windows, settings)
    limits = Limits(windows, settings, log)
    cookies = Cookies(surroundings.public_url, log)
    api_keys = ApiKeys(database, sessions, settings, log)
    services = Services(database, keys, verifier, throttle, settings, issuer_name, log)
    return Service(
        settings=settings,
        issuer_name=issuer_name,
        public_url=surroundings.public_url,
        accounts=Accounts(database, passwords, outbox, throttle, log),
        members=Members(database, sessions, Cursors(surroundings.key_secret), log),
        api_keys=api_keys,
        services=services,
        recovery=Recovery(database, passwords, sessions, outbox, throttle, log),
        deletion=Deletion(database, passwords, sessions, outbox, throttle, log),
        export=Export(database),
        sessions=sessions,
        keys=keys,
        issuer=Issuer(keys, settings, issuer_name),
        verifier=verifier,
        access=Access(verifier, sessions, cookies, api_keys, services, limits, log),
        limits=limits,
        cookies=cookies,
        second_factor=SecondFactor(
            database, passwords, sessions, throttle, settings, surroundings.key_secret, log
        ),
        health=Health(surroundings.database_url, surroundings.redis_url),
        passwords=passwords,
        outbox=outbox,
        identities=Identities(
            settings.service_domain, surroundings.client_authority, surroundings.client_revocations
        ),
        log=log,
    )


def preparation(service: Service, surroundings: Surroundings) -> list[Callable[[], None]]:
    """What has to be done before the service answers, each independent of the others."""

    def prepare_admin() -> None:
        if surroundings.admin_email:
            service.accounts.prepare_admin(surroundings.admin_email, surroundings.admin_password)

    return [service.keys.prepare, prepare_admin, service.passwords.prepare]

"""How much anybody may ask: policies, who is counted by them, and what every answer says of it."""

import contextlib
import hashlib
import ipaddress
import math
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace

from starlette.concurrency import run_in_threadpool
from starlette.routing import Match, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from reference.auth.cache import Away
from reference.auth.principal import Principal
from reference.auth.securitylog import SecurityLog
from reference.auth.settings import Settings
from reference.auth.tokens import Claims
from reference.auth.windows import Count, Spent, Window, Windows
from reference.common import problems, web

ADDRESS, ACCOUNT, KEY = "address", "account", "key"
EXEMPT = frozenset({"getHealth", "getReadiness"})


@dataclass(frozen=True)
class Policy:
    """So many requests in so many seconds by one address, account or key; of certain operations, or of any."""

    name: str
    by: str
    quota: int
    seconds: int
    operations: frozenset[str] = frozenset()

    def covers(self, operation: str | None) -> bool:
        """Whether an operation falls under it; None is what is no operation at all."""
        return not self.operations or operation in self.operations


def policies(settings: Settings) -> tuple[Policy, ...]:
    """The policies of the platform."""
    of = settings
    return (
        Policy("address", ADDRESS, of.address_limit, of.address_window),
        Policy("account", ACCOUNT, of.account_limit, of.account_window),
        Policy("key", KEY, of.key_limit, of.key_window),
        Policy("sign-up", ADDRESS, of.signup_limit, of.signup_window, frozenset({"signUp"})),
        Policy("log-in", ADDRESS, of.login_limit, of.login_window, frozenset({"logIn", "logInByCookie"})),
        Policy("reset", ADDRESS, of.reset_limit, of.reset_window, frozenset({"requestPasswordReset"})),
    )


def verified(principal: Claims | Principal) -> dict[str, str]:
    """Who is asking, as far as a credential proved it: what requests are counted by beside the address."""
    key_id = getattr(principal, "key_id", None)
    return {ACCOUNT: principal.user_id} | ({KEY: key_id} if key_id else {})


def digest(text: str) -> str:
    """What somebody is counted under, so that nobody reads ids and addresses out of Redis, also of those who have left."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def network(address: str | None) -> str:
    """What of an address tells callers apart: all of IPv4, and of IPv6 the 64 bits that one customer is given."""
    try:
        read = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "none"
    if isinstance(read, ipaddress.IPv6Address):
        if read.ipv4_mapped is not None:
            return str(read.ipv4_mapped)
        return str(ipaddress.ip_network((read, 64), strict=False))
    return str(read)


#: What the request that is being handled has been counted for so far.
_counted: ContextVar[list[tuple[list[Policy], Spent]]] = ContextVar("counted")


class Limits:
    """Counts requests. Without Redis nobody is refused, and no answer tells how much is left."""

    def __init__(self, windows: Windows, settings: Settings, log: SecurityLog) -> None:
        self._windows, self._policies, self._log = windows, policies(settings), log

    def spend(self, operation: str | None, identities: Mapping[str, str]) -> None:
        """Counts the request that is being handled; raises too-many-requests where a policy has no room for it."""
        chosen = self.chosen(operation, identities)
        if not chosen:
            return
        windows = [self.window(policy, identities[policy.by]) for policy in chosen]
        try:
            spent = self._windows.spend(windows)
        except Away:
            return
        if spent.refused:
            self._take_back()
        self.tell(chosen, spent)
        if spent.refused:
            self._note(chosen, spent, identities)
            raise refusal(spent.refused)
        _counted.get().append((chosen, spent))

    def _take_back(self) -> None:
        """Has a request that is refused count for nothing, and the answer say so: it was counted by its address before."""
        counted = _counted.get()
        for chosen, spent in counted:
            with contextlib.suppress(Away):
                self._windows.give_back(spent)
                counts = tuple(replace(count, left=count.left + 1) for count in spent.counts)
                web.take_back("RateLimit-Policy", "RateLimit")
                self.tell(chosen, replace(spent, counts=counts))
        counted.clear()

    def chosen(self, operation: str | None, identities: Mapping[str, str]) -> list[Policy]:
        """The policies that a request falls under."""
        return [one for one in self._policies if one.by in identities and one.covers(operation)]

    def window(self, policy: Policy, identity: str) -> Window:
        """What is counted in for one who asks."""
        counted = digest(identity) if policy.by == ACCOUNT else identity
        return Window(f"limit:{policy.name}:{counted}", policy.quota, policy.seconds)

    def tell(self, chosen: list[Policy], spent: Spent) -> None:
        """Has the answer say how the policies stand (draft-ietf-httpapi-ratelimit-headers)."""
        for policy, count in zip(chosen, spent.counts, strict=True):
            web.tell("RateLimit-Policy", f'"{policy.name}";q={policy.quota};w={policy.seconds}')
            web.tell("RateLimit", f'"{policy.name}";r={count.left};t={seconds([count])}')

    def _note(self, chosen: list[Policy], spent: Spent, identities: Mapping[str, str]) -> None:
        """Writes down that somebody is refused: once in a while, however much they go on."""
        for policy, count in zip(chosen, spent.counts, strict=True):
            if count.first:
                named = {"user_id": identities.get(ACCOUNT), "key_id": identities.get(KEY)}
                self._log.failure("request.limited", policy.name, **named)


def seconds(counts: Iterable[Count]) -> int:
    """The whole seconds after which there is room in all of these."""
    return max(1, *(math.ceil(count.wait) for count in counts))


def refusal(counts: Iterable[Count]) -> problems.Problem:
    """The answer to one who has to wait; to wait that long is enough."""
    return problems.Problem("too-many-requests", headers={"Retry-After": str(seconds(counts))})


class Limiter:
    """Counts every request by the address that it comes from, before anything of it is read."""

    def __init__(self, app: ASGIApp, limits: Limits, router: Router) -> None:
        self.app, self._limits, self._router = app, limits, router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request that there is room for."""
        if scope["type"] == "http":
            operation = self.operation(scope)
            _counted.set([])
            if operation not in EXEMPT:
                address = {ADDRESS: network(web.caller().address)}
                await run_in_threadpool(self._limits.spend, operation, address)
        await self.app(scope, receive, send)

    def operation(self, scope: Scope) -> str | None:
        """The operation that is asked for, None where there is no such."""
        matching = (one for one in self._router.routes if one.matches(scope)[0] is Match.FULL)
        return getattr(next(matching, None), "name", None)

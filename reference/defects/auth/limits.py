"""Limits that are counted wrongly, for the wrong caller or in the wrong place."""

import contextlib
import dataclasses
import time
from typing import Any

import jwt

from reference.auth import limits
from reference.auth.access import bearer_token
from reference.auth.limits import ACCOUNT, ADDRESS
from reference.auth.strictjws import Refused
from reference.auth.windows import Window
from reference.common import problems, web
from reference.defects import Function, Hit, Patch, defect


def _window(patch: Patch, change: Function) -> None:
    """Counts in another window: change(policy, window, hit) says in which."""

    def factory(window: Function, hit: Hit) -> Function:
        def other(self: Any, policy: Any, identity: str) -> Any:
            return change(policy, window(self, policy, identity), hit)

        return other

    patch.replace("auth.limits:Limits.window", factory)


def _counted_by(patch: Patch, header: bytes) -> None:
    """Counts by what a header says, where there is one."""

    def factory(call: Function, hit: Hit) -> Function:
        async def trusting(self: Any, scope: Any, receive: Any, send: Any) -> None:
            said = [value for name, value in scope.get("headers", ()) if name == header]
            if said and self.operation(scope) not in limits.EXEMPT:
                hit()
                self._limits.spend(self.operation(scope), {ADDRESS: said[0].decode("latin-1")})
                await self.app(scope, receive, send)
            else:
                await call(self, scope, receive, send)

        return trusting

    patch.replace("auth.limits:Limiter.__call__", factory)


def _account_as(patch: Patch, whom: Function) -> None:
    """Counts an account under what whom(principal) says, where it says something; keys are counted as ever."""

    def factory(verified: Function, hit: Hit) -> Function:
        def mistaken(principal: Any) -> Any:
            identities: dict[str, str] = verified(principal)
            if counted := whom(principal):
                hit()
                identities[ACCOUNT] = counted
            return identities

        return mistaken

    patch.replace("auth.limits:verified", factory)


def _spared(patch: Patch, which: Function) -> None:
    """Does not count what which(limiter, scope) picks."""

    def factory(call: Function, hit: Hit) -> Function:
        async def sparing(self: Any, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and which(self, scope):
                hit()
                limits._counted.set([])
                await self.app(scope, receive, send)
            else:
                await call(self, scope, receive, send)

        return sparing

    patch.replace("auth.limits:Limiter.__call__", factory)


def _given_back(patch: Patch, status: int) -> None:
    """Takes back what was counted for a request that is answered with a status."""
    spent: dict[str | None, Any] = {}

    def noting(spend: Function) -> Function:
        def noted(self: Any, windows: Any) -> Any:
            made = spent[web.caller().request_id] = spend(self, windows)
            return made

        return noted

    def factory(call: Function, hit: Hit) -> Function:
        async def forgiving(self: Any, scope: Any, receive: Any, send: Any) -> None:
            async def sent(message: Any) -> None:
                if message.get("status") == status and (made := spent.get(web.caller().request_id)):
                    hit()
                    self._limits._windows.give_back(made)
                await send(message)

            await call(self, scope, receive, sent)

        return forgiving

    patch.replace("auth.windows:Windows.spend", noting)
    patch.replace("auth.limits:Limiter.__call__", factory)


@defect(
    "auth.limit-one-more",
    breaks=["API-01"],
    says="One request more than the limit of an address or an account is answered.",
    partial=False,
)
def limit_one_more(patch: Patch) -> None:
    def change(policy: Any, window: Window, hit: Hit) -> Window:
        if policy.operations:
            return window
        hit()
        return dataclasses.replace(window, quota=window.quota + 1)

    _window(patch, change)


@defect(
    "auth.limit-window-fixed",
    breaks=["API-03"],
    says="Requests are counted anew from each full window of the clock, so that twice the limit passes at its edge.",
)
def limit_window_fixed(patch: Patch) -> None:
    def change(_: Any, window: Window, hit: Hit) -> Window:
        hit()
        return dataclasses.replace(window, name=f"{window.name}:{int(time.time()) // window.seconds}")

    _window(patch, change)


@defect(
    "auth.limit-by-forwarded-for",
    breaks=["API-06"],
    says="The address that is counted by is the one in X-Forwarded-For, if the caller sends one.",
    partial=True,
)
def limit_by_forwarded_for(patch: Patch) -> None:
    _counted_by(patch, b"x-forwarded-for")


@defect(
    "auth.limit-by-any-key",
    breaks=["API-06"],
    says="Whoever sends an API key is counted by it, whether or not it was ever given out.",
    partial=True,
)
def limit_by_any_key(patch: Patch) -> None:
    _counted_by(patch, b"x-api-key")


@defect(
    "auth.limit-by-claimed-account",
    breaks=["API-06"],
    says="A request with a forged token is counted for the account that the token names.",
    partial=True,
)
def limit_by_claimed_account(patch: Patch) -> None:
    def factory(authenticate: Function, hit: Hit) -> Function:
        def believing(self: Any, request: Any) -> Any:
            try:
                return authenticate(self, request)
            except problems.Problem:
                with contextlib.suppress(Refused, jwt.InvalidTokenError, KeyError):
                    token = bearer_token(request.headers.getlist("authorization"))
                    claims = jwt.decode(token + "A", options={"verify_signature": False})
                    hit()
                    self._limits.spend(request.scope["route"].name, {ACCOUNT: claims["sub"]})
                raise

        return believing

    patch.replace("auth.access:Access.authenticate", factory)


@defect(
    "auth.limit-not-for-bearers",
    breaks=["API-06", "API-05"],
    says="Requests with an Authorization header, whatever is in it, are not counted by address.",
    partial=True,
)
def limit_not_for_bearers(patch: Patch) -> None:
    _spared(patch, lambda _, scope: any(name == b"authorization" for name, _ in scope["headers"]))


@defect(
    "auth.limit-not-for-vain-requests",
    breaks=["API-06", "API-09"],
    says="Requests for what there is not, or with a wrong method, are not counted.",
    partial=True,
)
def limit_not_for_vain_requests(patch: Patch) -> None:
    _spared(patch, lambda limiter, scope: limiter.operation(scope) is None)


@defect(
    "auth.limit-passed-by-slashes",
    breaks=["API-06"],
    says="A path that begins with two slashes is served like one with a single slash, and not counted.",
    partial=True,
)
def limit_passed_by_slashes(patch: Patch) -> None:
    def which(_: Any, scope: Any) -> bool:
        doubled = bool(scope["path"].startswith("//"))
        if doubled:
            scope["path"] = "/" + scope["path"].lstrip("/")
        return doubled

    _spared(patch, which)


@defect(
    "auth.limit-invalid-free",
    breaks=["API-11"],
    says="Requests whose body is not accepted do not count.",
    partial=True,
)
def limit_invalid_free(patch: Patch) -> None:
    _given_back(patch, 422)


@defect(
    "auth.limit-bad-tokens-free",
    breaks=["API-09", "API-06"],
    says="Requests that are refused for their token do not count.",
    partial=True,
)
def limit_bad_tokens_free(patch: Patch) -> None:
    _given_back(patch, 401)


@defect(
    "auth.limit-one-for-all-accounts",
    breaks=["API-05"],
    says="All accounts share one limit.",
    partial=True,
)
def limit_one_for_all_accounts(patch: Patch) -> None:
    def change(policy: Any, window: Window, hit: Hit) -> Window:
        if policy.by != ACCOUNT:
            return window
        hit()
        return dataclasses.replace(window, name="limit:account:all")

    _window(patch, change)


@defect(
    "auth.limit-refusal-for-all",
    breaks=["API-05"],
    says="For half a second after somebody was refused everybody is.",
    partial=True,
)
def limit_refusal_for_all(patch: Patch) -> None:
    until = [0.0]

    def factory(spend: Function, hit: Hit) -> Function:
        def strict(self: Any, operation: Any, identities: Any) -> None:
            if time.monotonic() < until[0]:
                hit()
                raise problems.Problem("too-many-requests", headers={"Retry-After": "1"})
            try:
                spend(self, operation, identities)
            except problems.Problem:
                until[0] = time.monotonic() + 0.5
                raise

        return strict

    patch.replace("auth.limits:Limits.spend", factory)


@defect(
    "auth.limit-by-token",
    breaks=["API-06"],
    says="An account is counted by its token: each new one begins a new count.",
    partial=True,
)
def limit_by_token(patch: Patch) -> None:
    _account_as(patch, lambda principal: getattr(principal, "token_id", None))


@defect(
    "auth.limit-account-by-address",
    breaks=["API-06", "API-05"],
    says="What an account asks is counted for each address by itself.",
    partial=True,
)
def limit_account_by_address(patch: Patch) -> None:
    _account_as(patch, lambda principal: f"{principal.user_id}|{web.caller().address}")


@defect(
    "auth.limit-by-operation",
    breaks=["API-01", "API-05"],
    says="Each operation is counted by itself, so that a caller has as many limits as there are operations.",
    partial=True,
)
def limit_by_operation(patch: Patch) -> None:
    def factory(spend: Function, hit: Hit) -> Function:
        def apart(self: Any, operation: Any, identities: Any) -> None:
            hit()
            spend(self, operation, {by: f"{who}|{operation}" for by, who in identities.items()})

        return apart

    patch.replace("auth.limits:Limits.spend", factory)


@defect(
    "auth.limit-flows-together",
    breaks=["API-11"],
    says="Sign-ups, log-ins and requests for a reset from an address are counted together.",
    partial=True,
)
def limit_flows_together(patch: Patch) -> None:
    def change(policy: Any, window: Window, hit: Hit) -> Window:
        if not policy.operations:
            return window
        hit()
        return dataclasses.replace(window, name=window.name.replace(policy.name, "flow", 1))

    _window(patch, change)


@defect(
    "auth.limit-flows-for-all",
    breaks=["API-05", "API-11"],
    says="Sign-ups are counted from all addresses together.",
    partial=True,
)
def limit_flows_for_all(patch: Patch) -> None:
    def change(policy: Any, window: Window, hit: Hit) -> Window:
        if policy.name != "sign-up":
            return window
        hit()
        return dataclasses.replace(window, name="limit:sign-up:all")

    _window(patch, change)

"""Limits and lockout that forget one way of asking: a method, a credential, a door, a spelling or a second time."""

from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from sqlalchemy import exists, select

from reference.auth.database import sessions
from reference.auth.limits import ADDRESS, KEY
from reference.common import clock, web
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.limit-head-free",
    breaks=["API-06", "API-01"],
    says="Requests with the method HEAD are counted by no limit and refused by none.",
    partial=True,
    blind=True,
)
def limit_head_free(patch: Patch) -> None:
    heads_only: ContextVar[bool] = ContextVar("heads_only", default=False)

    def factory_guard(handle: Function, _hit: Hit) -> Function:
        async def noting(self: Any, scope: Any, receive: Any, send: Any) -> None:
            heads_only.set(scope.get("method") == "HEAD")
            await handle(self, scope, receive, send)

        return noting

    def factory_spend(spend: Function, hit: Hit) -> Function:
        def lenient(self: Any, operation: str | None, identities: Any) -> None:
            if heads_only.get():
                hit()
                return
            spend(self, operation, identities)

        return lenient

    patch.replace("common.web:Guard.__call__", factory_guard)
    patch.replace("auth.limits:Limits.spend", factory_spend)


@defect(
    "auth.limit-of-keys-untold",
    breaks=["API-02"],
    says="Answers to a request with an API key tell the limits of its address and account, and not that of the key.",
    partial=True,
    blind=True,
)
def limit_of_keys_untold(patch: Patch) -> None:
    def factory(tell: Function, hit: Hit) -> Function:
        def silent(self: Any, chosen: list[Any], spent: Any) -> None:
            told = [place for place, policy in enumerate(chosen) if policy.by != KEY]
            if len(told) < len(chosen):
                hit()
            counts = tuple(spent.counts[place] for place in told)
            tell(self, [chosen[place] for place in told], replace(spent, counts=counts))

        return silent

    patch.replace("auth.limits:Limits.tell", factory)


@defect(
    "auth.limit-cookie-log-in-free",
    breaks=["API-11"],
    says="Log-ins of browsers, which get their tokens in cookies, do not count as log-ins of their address.",
    partial=True,
    blind=True,
)
def limit_cookie_log_in_free(patch: Patch) -> None:
    def factory(chosen: Function, hit: Hit) -> Function:
        def forgetful(self: Any, operation: str | None, identities: Any) -> Any:
            found = chosen(self, operation, identities)
            if operation != "logInByCookie" or ADDRESS not in identities:
                return found
            hit()
            return [policy for policy in found if policy.name != "log-in"]

        return forgetful

    patch.replace("auth.limits:Limits.chosen", factory)


@defect(
    "auth.limit-keys-outside-account",
    breaks=["API-05", "API-06"],
    says="Requests with an API key count for the key alone, so that an account with many keys may ask many times as much.",
    partial=True,
    blind=True,
)
def limit_keys_outside_account(patch: Patch) -> None:
    def factory(verified: Function, hit: Hit) -> Function:
        def apart(principal: Any) -> Any:
            found = verified(principal)
            if KEY not in found:
                return found
            hit()
            return {KEY: found[KEY]}

        return apart

    patch.replace("auth.limits:verified", factory)


@defect(
    "auth.limit-refused-counts-for-address",
    breaks=["API-07"],
    says="What the limit of sign-ups, log-ins or resets refuses counts for the limit of the address all the same.",
    partial=True,
    blind=True,
)
def limit_refused_counts_for_address(patch: Patch) -> None:
    def factory(spend: Function, hit: Hit) -> Function:
        def one_by_one(self: Any, windows: Any) -> Any:
            spent = spend(self, windows)
            pairs = zip(windows, spent.counts, strict=True)
            with_room = [window for window, count in pairs if not count.refused]
            first = [window for window in with_room if window.name.startswith("limit:address:")]
            if spent.refused and first:
                hit()
                spend(self, first)
            return spent

        return one_by_one

    patch.replace("auth.windows:Windows.spend", factory)


@defect(
    "auth.limit-second-flood-untold",
    breaks=["AUTH-120"],
    says="Who floods again after a limit has lifted is refused again, and the security log tells the first flood only.",
    partial=True,
    blind=True,
)
def limit_second_flood_untold(patch: Patch) -> None:
    told: set[str] = set()

    def factory(spend: Function, hit: Hit) -> Function:
        def once(self: Any, windows: Any) -> Any:
            spent = spend(self, windows)
            counts = []
            for window, count in zip(windows, spent.counts, strict=True):
                again = count.first and window.name in told
                if again:
                    hit()
                elif count.first:
                    told.add(window.name)
                counts.append(replace(count, first=False) if again else count)
            return replace(spent, counts=tuple(counts))

        return once

    patch.replace("auth.windows:Windows.spend", factory)


@defect(
    "auth.lockout-door-by-door",
    breaks=["ACC-05"],
    says="Failed log-ins of browsers are counted apart, so that who guesses at both doors may guess twice as often.",
    partial=True,
    blind=True,
)
def lockout_door_by_door(patch: Patch) -> None:
    by_browser: ContextVar[bool] = ContextVar("by_browser", default=False)

    def factory_endpoint(log_in_by_cookie: Function, _hit: Hit) -> Function:
        def noting(request: Any, body: Any) -> Any:
            by_browser.set(True)
            return log_in_by_cookie(request, body)

        return noting

    def factory_pair(pair: Function, hit: Hit) -> Function:
        def apart(self: Any, email: str, address: str | None) -> Any:
            if not by_browser.get():
                return pair(self, email, address)
            hit()
            return pair(self, f"browser:{email}", address)

        return apart

    patch.replace("auth.routes.browser:log_in_by_cookie", factory_endpoint)
    patch.replace("auth.throttle:Throttle.pair", factory_pair)


@defect(
    "auth.lockout-of-logged-out-owner",
    breaks=["ACC-05"],
    says="Strangers lock out an owner who has no session that lives from where they log in, though they had one before.",
    partial=True,
    blind=True,
)
def lockout_of_logged_out_owner(patch: Patch) -> None:
    def factory(find: Function, hit: Hit) -> Function:
        def forgetful(self: Any, address: str) -> Any:
            found = find(self, address)
            if found is None or not found["known_from"]:
                return found
            here = (sessions.c.user_id == found["id"]) & (sessions.c.ip_address == web.caller().address)
            living = exists().where(here, sessions.c.is_active, sessions.c.idle_end > clock.now())
            with self._database.transaction() as connection:
                if connection.scalar(select(living)):
                    return found
            hit()
            return {**found, "known_from": []}

        return forgetful

    patch.replace("auth.accounts:Accounts._find", factory)


@defect(
    "auth.signup-mails-by-spelling",
    breaks=["AUTH-121", "API-06"],
    says="Mails because of sign-ups are counted by the address as it was written: in capitals it is mailed anew.",
    partial=True,
    blind=True,
)
def signup_mails_by_spelling(patch: Patch) -> None:
    written: ContextVar[str | None] = ContextVar("written", default=None)

    def factory_sign_up(sign_up: Function, _hit: Hit) -> Function:
        def noting(self: Any, email: str, password: str, full_name: str | None) -> None:
            written.set(email.strip())
            sign_up(self, email, password, full_name)

        return noting

    def factory_may_mail(may_mail: Function, hit: Hit) -> Function:
        def by_spelling(self: Any, email: str) -> Any:
            spelled = written.get()
            if spelled in (None, email):
                return may_mail(self, email)
            hit()
            return may_mail(self, spelled)

        return by_spelling

    patch.replace("auth.accounts:Accounts.sign_up", factory_sign_up)
    patch.replace("auth.throttle:Throttle.may_mail", factory_may_mail)

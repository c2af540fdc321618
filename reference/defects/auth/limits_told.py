"""Limits that are told wrongly, lift too late, or are kept in the wrong place."""

import time
import uuid
from typing import Any

from reference.auth import limits
from reference.auth.cache import Away
from reference.auth.limits import ACCOUNT, ADDRESS
from reference.auth.windows import OwnWindows
from reference.common import problems, web
from reference.defects import Function, Hit, Patch, defect

_FLOWS = {"signUp": "sign-up", "logIn": "log-in", "requestPasswordReset": "reset"}


def _without(patch: Patch, operation: str) -> None:
    """Leaves an operation without a limit of its own."""

    def factory(policies: Function) -> Function:
        def fewer(settings: Any) -> Any:
            return tuple(one for one in policies(settings) if one.name != _FLOWS[operation])

        return fewer

    patch.replace("auth.limits:policies", factory)


def _script(patch: Patch, before: str, after: str) -> None:
    """Counts by another script."""

    def factory(script: Any) -> Any:
        changed = script.replace(before, after, 1)
        return changed

    patch.replace("auth.windows:_SPEND", factory)
    patch.counts("auth.windows:Windows.spend")


def _told(patch: Patch, change: Function) -> None:
    """Changes what an answer tells of limits: change(status, told, hit) alters what is told."""

    def factory(call: Function, hit: Hit) -> Function:
        async def altered(self: Any, message: Any) -> None:
            if message["type"] == "http.response.start" and self.told:
                change(message["status"], self.told, hit)
            await call(self, message)

        return altered

    patch.replace("common.web:_Answer.__call__", factory)


@defect(
    "auth.limit-counts-refused",
    breaks=["API-07"],
    says="A request that is refused counts as well, so that whoever keeps asking is refused for ever.",
    partial=True,
)
def limit_counts_refused(patch: Patch) -> None:
    counted = """elseif full then
    redis.call('LPUSH', key, moment)
    redis.call('LTRIM', key, 0, quota - 1)
    redis.call('PEXPIRE', key, ARGV[2 * number] * 1000)"""
    _script(patch, "elseif full then", counted)


@defect(
    "auth.limit-same-moment-once",
    breaks=["API-07"],
    says="Requests that come within the same hundredth of a second count once.",
    partial=True,
)
def limit_same_moment_once(patch: Patch) -> None:
    counted = """moment = string.format('%.0f', now - now % 10000)
    redis.call('LREM', key, 0, moment)
    redis.call('LPUSH', key, moment)"""
    _script(patch, "redis.call('LPUSH', key, moment)", counted)


@defect(
    "auth.limit-never-forgotten",
    breaks=["API-09"],
    says="The counts of those who do not come again stay in Redis for ever.",
    partial=True,
)
def limit_never_forgotten(patch: Patch) -> None:
    _script(patch, "redis.call('PEXPIRE', key, ARGV[2 * number] * 1000)", "")


@defect(
    "auth.limit-notes-each-refusal",
    breaks=["API-09"],
    says="Each refused request leaves a note in Redis for ten minutes.",
    partial=True,
)
def limit_notes_each_refusal(patch: Patch) -> None:
    def factory(spend: Function, hit: Hit) -> Function:
        def noting(self: Any, windows: Any) -> Any:
            spent = spend(self, windows)
            if spent.refused:
                hit()
                self._cache.run("redis.call('SET', KEYS[1], 1, 'EX', 600)", [f"note:{uuid.uuid4()}"], [])
            return spent

        return noting

    patch.replace("auth.windows:Windows.spend", factory)


@defect(
    "auth.limit-wait-too-short",
    breaks=["API-01"],
    says="Whoever is refused is told to wait one second, however long it takes.",
    partial=False,
)
def limit_wait_too_short(patch: Patch) -> None:
    def factory(_: Function) -> Function:
        return lambda counts: problems.Problem("too-many-requests", headers={"Retry-After": "1"})

    patch.replace("auth.limits:refusal", factory)


@defect(
    "auth.limit-wait-too-long",
    breaks=["API-01"],
    says="Whoever is refused is told to wait ten seconds longer than it takes.",
    partial=False,
)
def limit_wait_too_long(patch: Patch) -> None:
    def factory(refusal: Function) -> Function:
        def longer(counts: Any) -> Any:
            problem = refusal(counts)
            problem.headers["Retry-After"] = str(int(problem.headers["Retry-After"]) + 10)
            return problem

        return longer

    patch.replace("auth.limits:refusal", factory)


@defect(
    "auth.limit-quota-told-wrong",
    breaks=["API-02"],
    says="RateLimit-Policy tells ten requests more than the limit is.",
    partial=True,
)
def limit_quota_told_wrong(patch: Patch) -> None:
    def change(_: int, told: Any, hit: Hit) -> None:
        hit()
        told["RateLimit-Policy"] = [one.replace(";w=", "0;w=") for one in told["RateLimit-Policy"]]

    _told(patch, change)


@defect(
    "auth.limit-left-rounded",
    breaks=["API-02"],
    says="What is left is told in tens.",
    partial=True,
)
def limit_left_rounded(patch: Patch) -> None:
    def factory(tell: Function, hit: Hit) -> Function:
        def rounded(self: Any, chosen: Any, spent: Any) -> None:
            hit()
            counts = tuple(type(one)(one.left // 10 * 10, one.wait) for one in spent.counts)
            tell(self, chosen, type(spent)(spent.windows, counts, spent.moment))

        return rounded

    patch.replace("auth.limits:Limits.tell", factory)


@defect(
    "auth.limit-left-one-more",
    breaks=["API-02"],
    says="One request more is told to be left than is.",
    partial=True,
)
def limit_left_one_more(patch: Patch) -> None:
    def factory(tell: Function, hit: Hit) -> Function:
        def generous(self: Any, chosen: Any, spent: Any) -> None:
            hit()
            counts = tuple(type(one)(one.left + 1, one.wait) for one in spent.counts)
            tell(self, chosen, type(spent)(spent.windows, counts, spent.moment))

        return generous

    patch.replace("auth.limits:Limits.tell", factory)


@defect(
    "auth.limit-told-twice",
    breaks=["API-02"],
    says="The limit of the address is counted and told twice to who is logged in.",
    partial=True,
)
def limit_told_twice(patch: Patch) -> None:
    def factory(verified: Function) -> Function:
        return lambda principal: {**verified(principal), ADDRESS: limits.network(web.caller().address)}

    patch.replace("auth.limits:verified", factory)


@defect(
    "auth.limit-not-told-on-refusal",
    breaks=["API-02"],
    says="Answers with an error tell nothing of limits.",
    partial=True,
)
def limit_not_told_on_refusal(patch: Patch) -> None:
    def change(status: int, told: Any, hit: Hit) -> None:
        if status >= 400:
            hit()
            told.clear()

    _told(patch, change)


@defect(
    "auth.limit-told-without-quotes",
    breaks=["API-02"],
    says="In successful answers the policies are named without quotes, which is no string of a structured field.",
    partial=True,
)
def limit_told_without_quotes(patch: Patch) -> None:
    def change(status: int, told: Any, hit: Hit) -> None:
        if status < 300:
            hit()
            told["RateLimit"] = [one.replace('"', "") for one in told["RateLimit"]]

    _told(patch, change)


@defect(
    "auth.limit-health-counts",
    breaks=["API-08"],
    says="Health checks count, and are refused like any other request.",
    partial=True,
)
def limit_health_counts(patch: Patch) -> None:
    patch.replace("auth.limits:EXEMPT", lambda _: frozenset({"getReadiness"}))
    patch.counts("auth.limits:Limiter.operation")


@defect(
    "auth.limit-exempts-contract",
    breaks=["API-08"],
    says="The contract can be asked for without end.",
    partial=True,
)
def limit_exempts_contract(patch: Patch) -> None:
    patch.replace("auth.limits:EXEMPT", lambda exempt: exempt | {"getContract"})
    patch.counts("auth.limits:Limiter.operation")


@defect(
    "auth.limit-not-on-reset", breaks=["API-11"], says="Resets can be asked for without end.", partial=True
)
def limit_not_on_reset(patch: Patch) -> None:
    _without(patch, "requestPasswordReset")


@defect(
    "auth.limit-not-on-log-in", breaks=["API-11"], says="Log-ins have no limit of their own.", partial=True
)
def limit_not_on_log_in(patch: Patch) -> None:
    _without(patch, "logIn")


@defect(
    "auth.limit-not-on-sign-up", breaks=["API-11"], says="Sign-ups have no limit of their own.", partial=True
)
def limit_not_on_sign_up(patch: Patch) -> None:
    _without(patch, "signUp")


@defect(
    "auth.limit-in-process",
    breaks=["API-04"],
    says="Each process counts for itself, and from zero when it starts.",
    partial=True,
)
def limit_in_process(patch: Patch) -> None:
    own = OwnWindows()
    patch.replace("auth.windows:Windows.spend", lambda _: lambda self, windows: own.spend(windows))


@defect(
    "auth.limit-closed-without-store",
    breaks=["API-04"],
    says="While Redis is away nobody is served, because nobody can be counted.",
    partial=True,
)
def limit_closed_without_store(patch: Patch) -> None:
    def factory(spend: Function, hit: Hit) -> Function:
        def closed(self: Any, windows: Any) -> Any:
            try:
                return spend(self, windows)
            except Away:
                hit()
                raise problems.unavailable() from None

        return closed

    patch.replace("auth.windows:Windows.spend", factory)


@defect(
    "auth.limit-never-back",
    breaks=["API-04"],
    says="Once Redis was away nothing is counted any more.",
    partial=True,
)
def limit_never_back(patch: Patch) -> None:
    gone: list[float] = []

    def factory(spend: Function, hit: Hit) -> Function:
        def shy(self: Any, windows: Any) -> Any:
            if gone:
                hit()
                raise Away
            try:
                return spend(self, windows)
            except Away:
                gone.append(time.monotonic())
                raise

        return shy

    patch.replace("auth.windows:Windows.spend", factory)


@defect(
    "auth.limit-locks-account-out",
    breaks=["API-05"],
    says="Whose account has asked too much cannot log in either.",
    partial=True,
)
def limit_locks_account_out(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def counted(self: Any, user_id: str, *rest: Any) -> Any:
            hit()
            limits_of[0].spend(None, {ACCOUNT: user_id})
            return begin(self, user_id, *rest)

        return counted

    limits_of: list[Any] = []

    def known(window: Function) -> Function:
        def noted(self: Any, policy: Any, identity: str) -> Any:
            limits_of[:] = [self]
            return window(self, policy, identity)

        return noted

    patch.replace("auth.limits:Limits.window", known)
    patch.replace("auth.sessions:Sessions.begin", factory)


@defect(
    "auth.flood-told-each-time",
    breaks=["AUTH-120"],
    says="Each refused request of a flood is a line in the security log.",
)
def flood_told_each_time(patch: Patch) -> None:
    def factory(note: Function, hit: Hit) -> Function:
        def wordy(self: Any, chosen: Any, spent: Any, identities: Any) -> None:
            hit()
            self._log.failure("request.limited", chosen[0].name)

        return wordy

    patch.replace("auth.limits:Limits._note", factory)

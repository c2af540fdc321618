"""Traces that are left out in one case: of floods, of keys, of places, of mails that are owed, of what could not be read."""

from contextvars import ContextVar
from datetime import datetime
from typing import Any

from reference.auth import limits
from reference.auth.activity import place
from reference.auth.limits import ADDRESS, KEY
from reference.common import clock, problems, web
from reference.defects import Function, Hit, Patch, defect

_WRITE = "auth.securitylog:SecurityLog.write"


@defect(
    "auth.export-without-tried-mails",
    breaks=["AUTH-179"],
    says="A mail for a reset that is owed to the address of an account is in its export until it was first tried to send it.",
    partial=True,
    blind=True,
)
def export_without_tried_mails(patch: Patch) -> None:
    def factory(of: Function, hit: Hit) -> Function:
        def partly(self: Any, user_id: str) -> Any:
            found = of(self, user_id)
            if found is None:
                return None
            fresh = [one for one in found["mails"] if one["kind"] != "password-reset" or not one["attempts"]]
            if len(fresh) < len(found["mails"]):
                hit()
            return {**found, "mails": fresh}

        return partly

    patch.replace("auth.export:Export.of", factory)


@defect(
    "auth.factor-password-flood-untold",
    breaks=["AUTH-120"],
    says="Too many wrong passwords of somebody who begins or ends a second factor leave no event.",
    partial=True,
    blind=True,
)
def factor_password_flood_untold(patch: Patch) -> None:
    asking: ContextVar[bool] = ContextVar("asking", default=False)

    def factory_require(require: Function, _hit: Hit) -> Function:
        def noting(self: Any, user: Any, password: str) -> None:
            asking.set(True)
            require(self, user, password)
            asking.set(False)

        return noting

    def factory_write(write: Function, hit: Hit) -> Function:
        def quiet(self: Any, event: str, outcome: str, why: str | None = None, **named: Any) -> None:
            if asking.get() and (event, why) == ("second-factor.refused", "too-many-failures"):
                hit()
                return
            write(self, event, outcome, why, **named)

        return quiet

    patch.replace("auth.secondfactor:SecondFactor._require_password", factory_require)
    patch.replace(_WRITE, factory_write)


@defect(
    "auth.service-flood-names-nobody",
    breaks=["AUTH-244", "AUTH-120"],
    says="Too many wrong secrets of a service are told in the security log without saying of which.",
    partial=True,
    blind=True,
)
def service_flood_names_nobody(patch: Patch) -> None:
    def factory(write: Function, hit: Hit) -> Function:
        def nameless(self: Any, event: str, outcome: str, why: str | None = None, **named: Any) -> None:
            if (event, why) == ("service-token.refused", "too-many-failures") and named:
                hit()
                named = {}
            write(self, event, outcome, why, **named)

        return nameless

    patch.replace(_WRITE, factory)


@defect(
    "auth.throttled-strangers-name-nobody",
    breaks=["AUTH-75", "AUTH-120"],
    says="That log-ins have to wait names the account only where they come from an address that its owner logged in from.",
    partial=True,
    blind=True,
)
def throttled_strangers_name_nobody(patch: Patch) -> None:
    known: ContextVar[bool] = ContextVar("known", default=True)

    def factory_begin(begin: Function, _hit: Hit) -> Function:
        def noting(self: Any, email: str, address: str | None, known_address: bool) -> Any:
            known.set(known_address)
            return begin(self, email, address, known_address)

        return noting

    def factory_write(write: Function, hit: Hit) -> Function:
        def nameless(self: Any, event: str, *rest: Any, **named: Any) -> None:
            if event == "login.throttled" and named.get("user_id") and not known.get():
                hit()
                named = {}
            write(self, event, *rest, **named)

        return nameless

    patch.replace("auth.throttle:Throttle.begin", factory_begin)
    patch.replace(_WRITE, factory_write)


@defect(
    "auth.flood-after-right-password-untold",
    breaks=["AUTH-120"],
    says="Who guesses on after a right password in between has to wait again, and the security log tells the first wait only.",
    partial=True,
    blind=True,
)
def flood_after_right_password_untold(patch: Patch) -> None:
    def factory(forget: Function, hit: Hit) -> Function:
        def partly(self: Any, window: Any) -> None:
            hit()
            self._cache.run("redis.call('DEL', KEYS[1])", [self._key(window)], [])

        return partly

    patch.replace("auth.windows:Windows.forget", factory)


@defect(
    "auth.neighbours-pass-for-owner",
    breaks=["ACC-05"],
    says="Whoever has an address beside one that the owner logged in from, alike but for its last number, is no stranger to the lockout.",
    partial=True,
    blind=True,
)
def neighbours_pass_for_owner(patch: Patch) -> None:
    def factory(find: Function, hit: Hit) -> Function:
        def broad(self: Any, address: str) -> Any:
            found, here = find(self, address), web.caller().address or ""
            known = (found["known_from"] or []) if found is not None else []
            near = [one for one in known if one.rpartition(".")[0] == here.rpartition(".")[0]]
            if found is None or here in known or not near:
                return found
            hit()
            return {**found, "known_from": [*known, here]}

        return broad

    patch.replace("auth.accounts:Accounts._find", factory)


@defect(
    "auth.limit-refused-key-counts-for-address",
    breaks=["API-07"],
    says="What is asked by an API key and refused by a limit counts for the limit of the address all the same.",
    partial=True,
    blind=True,
)
def limit_refused_key_counts_for_address(patch: Patch) -> None:
    def factory(spend: Function, hit: Hit) -> Function:
        def counting(self: Any, operation: str | None, identities: Any) -> None:
            try:
                spend(self, operation, identities)
            except problems.Problem:
                if KEY in identities:
                    hit()
                    here = {ADDRESS: limits.network(web.caller().address)}
                    chosen = self.chosen(operation, here)
                    self._windows.spend([self.window(one, here[ADDRESS]) for one in chosen])
                raise

        return counting

    patch.replace("auth.limits:Limits.spend", factory)


@defect(
    "auth.sessions-ended-by-unnamed-key",
    breaks=["AUTH-193"],
    says="That somebody's sessions were ended by an API key is told in the security log without the key.",
    partial=True,
    blind=True,
)
def sessions_ended_by_unnamed_key(patch: Patch) -> None:
    def factory(write: Function, hit: Hit) -> Function:
        def nameless(self: Any, event: str, *rest: Any, **named: Any) -> None:
            if event == "user.sessions-ended" and named.pop("key_id", None):
                hit()
            write(self, event, *rest, **named)

        return nameless

    patch.replace(_WRITE, factory)


@defect(
    "auth.refused-key-unnamed",
    breaks=["AUTH-206"],
    says="That a key was refused because it is switched off is told in the security log without which key it was.",
    partial=True,
    blind=True,
)
def refused_key_unnamed(patch: Patch) -> None:
    def factory(write: Function, hit: Hit) -> Function:
        def nameless(self: Any, event: str, outcome: str, why: str | None = None, **named: Any) -> None:
            if (event, why) == ("api-key.refused", "key-disabled") and named.pop("key_id", None):
                hit()
            write(self, event, outcome, why, **named)

        return nameless

    patch.replace(_WRITE, factory)


@defect(
    "auth.unreadable-requests-share-an-id",
    breaks=["AUTH-71"],
    says="Whatever cannot be read as a request is answered under one id, made when the first of it came.",
    partial=True,
    blind=True,
)
def unreadable_requests_share_an_id(patch: Patch) -> None:
    unreadable: ContextVar[bool] = ContextVar("unreadable", default=False)
    kept: list[str] = []

    def factory_send(send: Function, _hit: Hit) -> Function:
        def noting(self: Any, msg: str) -> None:
            before = unreadable.set(True)
            send(self, msg)
            unreadable.reset(before)

        return noting

    def factory_id(new: Function, hit: Hit) -> Function:
        def shared() -> str:
            if not unreadable.get():
                return str(new())
            if kept:
                hit()
            else:
                kept.append(new())
            return kept[0]

        return shared

    patch.replace("common.serving:ProblemProtocol.send_400_response", factory_send)
    patch.replace("common.web:new_request_id", factory_id)


@defect(
    "auth.coding-in-capitals-refused",
    breaks=["REST-03"],
    says="A body that says in capitals that it is not encoded is refused as if it were.",
    partial=True,
    blind=True,
)
def coding_in_capitals_refused(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def strict(request: Any) -> None:
            check(request)
            if request.headers.get("content-encoding", "identity") != "identity":
                hit()
                raise problems.Problem("unsupported-media-type")

        return strict

    patch.replace("common.web:check_media_type", factory)


@defect(
    "auth.last-place-of-return-unnoted",
    breaks=["AUTH-144"],
    says="Who comes back to where a session was used a moment before is not noted as its last place.",
    partial=True,
    blind=True,
)
def last_place_of_return_unnoted(patch: Patch) -> None:
    places: dict[tuple[str, str], datetime] = {}

    def factory(note: Function, hit: Hit) -> Function:
        def forgetful(self: Any, session_id: str) -> None:
            key, now = (session_id, place()), clock.now()
            noted = places.get(key)
            if noted is not None and now - noted < self.interval():
                if self._noted.get(session_id, ("",))[0] != place():
                    hit()
                return
            places[key] = now
            note(self, session_id)

        return forgetful

    patch.replace("auth.activity:Activity.note", factory)

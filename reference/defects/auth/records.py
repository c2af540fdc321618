"""Logs that leave things out, or hold what must not be in them."""

import logging
from dataclasses import replace
from typing import Any

from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import mistold


@defect(
    "auth.reuse-not-recorded",
    breaks=["AUTH-70"],
    says="That a refresh token was used again is recorded as any other refusal.",
    partial=True,
    blind=True,
)
def reuse_not_recorded(patch: Patch) -> None:
    mistold(patch, "refresh.reused", "refresh.refused")


@defect(
    "auth.one-event-for-all-ended",
    breaks=["AUTH-70"],
    says="When several sessions end at once, only the first of them leaves an event.",
    partial=True,
    blind=True,
)
def one_event_for_all_ended(patch: Patch) -> None:
    def factory(announce_end: Function, hit: Hit) -> Function:
        def terse(self: Any, session_ids: Any, user_id: str, reason: str) -> None:
            announce_end(self, session_ids[:1], user_id, reason)
            if len(session_ids) > 1:
                hit()
                longest = self._settings.access_token_lifetime + self._settings.leeway
                self._cache.remember_ended(
                    [*session_ids[1:]], longest + self._settings.session_cache_lifetime + 60
                )

        return terse

    patch.replace("auth.sessions:Sessions.announce_end", factory)


@defect(
    "auth.token-in-log",
    breaks=["AUTH-72"],
    says="The service's log holds what follows the question mark of an address, tokens included.",
    partial=True,
    blind=True,
)
def token_in_log(patch: Patch) -> None:
    log = logging.getLogger("assay.access")

    def factory(log_access: Function, hit: Hit) -> Function:
        def telling(scope: Any, *arguments: Any) -> None:
            log_access(scope, *arguments)
            if scope["query_string"]:
                hit()
                log.info("query: %s", scope["query_string"].decode("latin-1"))

        return telling

    patch.replace("common.web:log_access", factory)


@defect(
    "auth.address-from-header",
    breaks=["AUTH-71"],
    says="The address of a caller is the one the caller names in X-Forwarded-For.",
    partial=True,
    blind=True,
)
def address_from_header(patch: Patch) -> None:
    def factory(identify: Function, hit: Hit) -> Function:
        def believing(scope: Any) -> Any:
            who = identify(scope)
            named = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
            if not named:
                return who
            hit()
            return replace(who, address=named[0].decode("latin-1").split(",")[0].strip()[:45])

        return believing

    patch.replace("common.web:identify", factory)

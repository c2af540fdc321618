"""Moments that the store tells as they are not."""

from contextvars import ContextVar
from datetime import timedelta, timezone
from typing import Any

from reference.defects import Function, Hit, Patch, defect

_ELSEWHERE = timezone(timedelta(hours=2))


@defect(
    "store.grants-in-local-time",
    breaks=["DATA-14"],
    says="When a grant was given and when it ends is told in the time of the place, with its offset.",
    partial=True,
)
def grants_in_local_time(patch: Patch) -> None:
    def factory(grant: Function, hit: Hit) -> Function:
        def local(schema: str, one: Any) -> Any:
            told = grant(schema, one)
            hit()
            told.granted_at = told.granted_at.astimezone(_ELSEWHERE)
            if told.expires_at is not None:
                told.expires_at = told.expires_at.astimezone(_ELSEWHERE)
            return told

        return local

    patch.replace("store.administration:grant", factory)


@defect(
    "store.events-an-hour-ago",
    breaks=["DATA-14"],
    says="The security log tells of log-ins by the time of the place, and calls it UTC.",
    partial=True,
)
def events_an_hour_ago(patch: Patch) -> None:
    telling = ContextVar("telling", default=False)

    def factory(write: Function, hit: Hit) -> Function:
        def mistaken(self: Any, event: str, *rest: Any, **named: Any) -> None:
            if event != "login.succeeded":
                write(self, event, *rest, **named)
                return
            hit()
            before = telling.set(True)
            try:
                write(self, event, *rest, **named)
            finally:
                telling.reset(before)

        return mistaken

    def ago(now: Function, _hit: Hit) -> Function:
        return lambda: now() - timedelta(hours=telling.get())

    patch.replace("common.securitylog:SecurityLog.write", factory)
    patch.replace("common.clock:now", ago)


@defect(
    "store.last-seen-goes-back",
    breaks=["DATA-14"],
    says="A worker that subscribes once more is told to have been there last when it was enrolled.",
    partial=True,
)
def last_seen_goes_back(patch: Patch) -> None:
    def factory(saw: Function, hit: Hit) -> Function:
        def mistaken(self: Any, worker_id: str, tags: Any = None) -> None:
            again = self.get(worker_id).last_seen is not None
            saw(self, worker_id, tags)
            if again:
                hit()
                self.get(worker_id).last_seen = self.get(worker_id).enrolled_at

        return mistaken

    patch.replace("store.grants:Grants.saw", factory)

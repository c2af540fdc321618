"""Health that does not tell the truth."""

import asyncio
import time
from typing import Any

from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.redis-always-up",
    breaks=["AUTH-52"],
    says="Readiness never asks Redis and calls it up.",
    partial=False,
    blind=True,
)
def redis_always_up(patch: Patch) -> None:
    def factory(ask_redis: Function, hit: Hit) -> Function:
        async def constant(self: Any) -> bool:
            if not await ask_redis(self):
                hit()
            return True

        return constant

    patch.replace("auth.health:Health.ask_redis", factory)


@defect(
    "auth.postgres-hanging-is-up",
    breaks=["AUTH-51", "REST-13"],
    says="Readiness notices that PostgreSQL is stopped, but not that it hangs.",
    partial=True,
    blind=True,
)
def postgres_hanging_is_up(patch: Patch) -> None:
    def factory(ask_postgres: Function, hit: Hit) -> Function:
        async def impatient(self: Any) -> bool:
            question = asyncio.ensure_future(ask_postgres(self))
            await asyncio.wait({question}, timeout=0.6)
            if question.done():
                return bool(question.result())
            question.cancel()
            hit()
            return True

        return impatient

    patch.replace("auth.health:Health.ask_postgres", factory)


@defect(
    "auth.readiness-remembered",
    breaks=["AUTH-51", "AUTH-52"],
    says="When all was well, readiness says so for twelve more seconds without asking.",
    partial=False,
    blind=True,
)
def readiness_remembered(patch: Patch) -> None:
    known: dict[str, str] = {}
    asked_at = float("-inf")

    def factory(checks: Function, hit: Hit) -> Function:
        async def remembered(self: Any) -> dict[str, str]:
            nonlocal known, asked_at
            if time.monotonic() - asked_at < 12.0 and all(state == "up" for state in known.values()):
                hit()
                return known
            known, asked_at = await checks(self), time.monotonic()
            return known

        return remembered

    patch.replace("auth.health:Health.checks", factory)

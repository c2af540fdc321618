"""Whether what auth needs is there: asked anew each time, and answered in time."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import psycopg
import redis
import redis.asyncio

DEADLINE_SECONDS = 0.8


class Health:
    """Asks PostgreSQL and Redis."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self._database_url, self._redis_url = database_url, redis_url

    async def checks(self) -> dict[str, str]:
        """What is up and what is down."""
        postgres, redis_server = await asyncio.gather(
            within_deadline(self.ask_postgres()), within_deadline(self.ask_redis())
        )
        return {"database": "up" if postgres else "down", "session-store": "up" if redis_server else "down"}

    async def ask_postgres(self) -> bool:
        """Whether PostgreSQL answers a query about auth's own tables, on a connection made for the question."""
        try:
            connection = await psycopg.AsyncConnection.connect(self._database_url, autocommit=True)
        except psycopg.Error:
            return False
        try:
            await connection.execute("SELECT FROM auth_users LIMIT 1")
        except psycopg.Error:
            return False
        finally:
            await connection.close()
        return True

    async def ask_redis(self) -> bool:
        """Whether Redis answers, on a connection made for the question."""
        client = redis.asyncio.Redis.from_url(self._redis_url)
        try:
            return bool(await client.ping())
        except (redis.RedisError, OSError):
            return False
        finally:
            await client.aclose()


async def within_deadline(question: Coroutine[Any, Any, bool]) -> bool:
    """The answer, or no; what hangs is not waited for."""
    task = asyncio.ensure_future(question)
    await asyncio.wait({task}, timeout=DEADLINE_SECONDS)
    if not task.done():
        task.cancel()
        return False
    return task.result()

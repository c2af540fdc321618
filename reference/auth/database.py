"""The database of auth: its tables, and transactions that end in time."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    create_engine,
    exc,
    false,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from reference.common import deadline, problems

metadata = MetaData()


def _moment(name: str, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


users = Table(
    "auth_users",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("full_name", Text),
    Column("hashed_password", Text, nullable=False),
    Column("auth_provider", Text, nullable=False, server_default="local"),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("is_verified", Boolean, nullable=False),
    Column("permissions", ARRAY(Text), nullable=False),
    _moment("created_at"),
    _moment("password_changed_at"),
)

verification_tokens = Table(
    "auth_verification_tokens",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("user_id", ForeignKey("auth_users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("hashed_password", Text, nullable=False),
    Column("full_name", Text),
    _moment("created_at"),
    _moment("expires_at"),
    _moment("used_at", nullable=True),
)

reset_tokens = Table(
    "auth_password_reset_tokens",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("mail_id", BigInteger, nullable=False),
    Column("user_id", ForeignKey("auth_users.id", ondelete="CASCADE"), nullable=False, index=True),
    _moment("created_at"),
    _moment("expires_at"),
    _moment("used_at", nullable=True),
)

sessions = Table(
    "auth_sessions",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("user_id", ForeignKey("auth_users.id", ondelete="CASCADE"), nullable=False),
    _moment("created_at"),
    _moment("last_activity"),
    _moment("expires_at"),
    _moment("idle_end"),
    Column("ip_address", Text),
    Column("user_agent", Text),
    Column("last_ip_address", Text),
    Column("last_user_agent", Text),
    Column("device_id", Text),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    _moment("revoked_at", nullable=True),
    Column("end_reason", Text),
)
Index("auth_sessions_of_user", sessions.c.user_id, sessions.c.created_at)

refresh_tokens = Table(
    "auth_refresh_tokens",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("session_id", ForeignKey("auth_sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    _moment("created_at"),
    _moment("used_at", nullable=True),
)

signing_keys = Table(
    "auth_signing_keys",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("algorithm", Text, nullable=False),
    Column("public_jwk", JSONB, nullable=False),
    Column("sealed_private_key", LargeBinary),
    _moment("created_at"),
    _moment("retired_at", nullable=True),
)

outbox = Table(
    "auth_outbox",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("user_id", ForeignKey("auth_users.id", ondelete="CASCADE")),
    Column("address", Text),
    Column("hashed_password", Text),
    Column("full_name", Text),
    _moment("created_at"),
    _moment("next_attempt_at"),
    Column("attempts", Integer, nullable=False, server_default="0"),
)

session_places = Table(
    "auth_session_places",
    metadata,
    Column("session_id", ForeignKey("auth_sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Text, primary_key=True),
    _moment("first_used_at"),
)

second_factors = Table(
    "auth_second_factors",
    metadata,
    Column("user_id", ForeignKey("auth_users.id", ondelete="CASCADE"), primary_key=True),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("last_step", BigInteger),
    Column("failures", Integer, nullable=False, server_default="0"),
    _moment("failing_since", nullable=True),
    _moment("created_at"),
    _moment("confirmed_at", nullable=True),
)

recovery_codes = Table(
    "auth_recovery_codes",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("user_id", ForeignKey("auth_users.id", ondelete="CASCADE"), nullable=False, index=True),
    _moment("used_at", nullable=True),
)

login_challenges = Table(
    "auth_login_challenges",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("user_id", ForeignKey("auth_users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("hashed_password", Text, nullable=False),
    Column("device_id", Text),
    _moment("created_at"),
    _moment("expires_at"),
    _moment("used_at", nullable=True),
)

api_keys = Table(
    "auth_api_keys",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("user_id", ForeignKey("auth_users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),
    Column("secret_hash", Text, nullable=False),
    Column("previous_hash", Text),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("disabled", Boolean, nullable=False, server_default=false()),
    _moment("created_at"),
    _moment("expires_at", nullable=True),
    _moment("last_used_at", nullable=True),
    _moment("previous_until", nullable=True),
    _moment("revoked_at", nullable=True),
)

services = Table(
    "auth_services",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("permissions", ARRAY(Text), nullable=False),
    _moment("created_at"),
    _moment("revoked_at", nullable=True),
)


def create_schema(url: str) -> None:
    """Makes every table in an empty database."""
    engine = create_engine(_driver_url(url))
    metadata.create_all(engine)
    engine.dispose()


def _driver_url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


class Database:
    """Transactions on the database. One that cannot be had or kept is the problem service-unavailable."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(
            _driver_url(url),
            hide_parameters=True,
            pool_size=20,
            max_overflow=20,
            pool_timeout=2,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 2, "application_name": "auth", "prepare_threshold": 2},
        )

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All of what is done inside, or nothing of it; cut off when the request's time is up."""
        limit = deadline.current.get()
        try:
            with self.engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                descriptor = raw.fileno() if raw is not None else -1
                if limit is not None:
                    limit.watch(descriptor)
                try:
                    with connection.begin():
                        yield connection
                finally:
                    if limit is not None:
                        limit.release(descriptor)
        except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, exc.InternalError) as error:
            raise problems.unavailable() from error

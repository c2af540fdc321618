"""Keywords that make and end connections, and ask a server about itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

from robot.api import logger
from robot.api.deco import keyword
from robot.api.types import Secret

from assay.core import reach
from assay.core.errors import AssayError, NoAnswer
from assay.core.reach import ClientCertificate, Way
from assay.evidence.exchange import table
from assay.evidence.expect import Unmet, expect
from assay.evidence.redact import conceal
from assay.grpc import health
from assay.grpc.channel import Carrier, Channel, Speaking
from assay.grpc.codecs import codec as codec_named
from assay.grpc.connections import Connections, listed
from assay.grpc.descriptors import NoDescriptors, Source
from assay.grpc.protos import ProtoFiles
from assay.grpc.settings import Asking, BytesText, Compression, Options, endpoint
from assay.grpc.wire import Unreachable

_SECOND = timedelta(seconds=1)


class Connecting(Connections):
    """Connections by alias."""

    @keyword
    def connect_to_grpc(
        self,
        alias: str,
        address: str,
        *,
        way: Way | None = None,
        tls: bool | None = None,
        ca: Path | None = None,
        certificate: Path | ClientCertificate | None = None,
        key: Path | None = None,
        key_password: Secret | None = None,
        server_name: str = "",
        authority: str = "",
        source: str = "",
        codec: Literal["protobuf", "json", "json-named-proto"] = "protobuf",
        protos: Sequence[str | Path] | str | None = None,
        import_paths: Sequence[str | Path] | str | None = None,
        reflection: bool = False,
        bytes_as: BytesText = "base64",
        secrets: Sequence[str] | str | None = None,
        patience: timedelta = timedelta(seconds=5),
        compression: Compression = "none",
        max_send: int = -1,
        max_receive: int = -1,
        keepalive: timedelta | None = None,
        keepalive_patience: timedelta = timedelta(seconds=20),
        carrier: Carrier = "grpcio",
    ) -> None:
        """Names a server, to be called by its alias. The connection itself is made with the first call.

        | =Argument=     | =Meaning= |
        | `address`      | ``host:port``, or a URL with ``https://`` or ``grpcs://`` for TLS |
        | `way`          | whom to trust, what to show, which proxy to take: what a target says of a service |
        | `tls`          | whether it is under TLS; by default as the address says, or where `ca`, `certificate` or `way` name files |
        | `ca`           | a file of PEM certificates to trust; without it those of the machine |
        | `certificate`  | the client's own certificate in PEM (mTLS), with its `key` and `key_password` unless it holds the key |
        | `server_name`  | the name that the server's certificate must be for, where it is not the host |
        | `authority`    | what the server is told it was called by (``:authority``) |
        | `source`       | the address of this machine that calls come from (carried by ``http2``) |
        | `codec`        | ``protobuf``; ``json``, the proto's own names and bytes in base64, said as ``application/grpc+json``; \
``json-named-proto``, the same JSON under the name of protobuf |
        | `protos`       | .proto files, a list or a text with commas; `import_paths` are folders for what they import |
        | `reflection`   | whether the server is asked for its descriptors; without `protos` and this, messages are bytes or JSON |
        | `bytes_as`     | what a text for a field of bytes is: ``base64`` already, or a text to send in ``utf-8`` |
        | `secrets`      | fields of answers that are credentials: they come as ``Secret`` and no log shows them |
        | `patience`     | how long an answer is waited for where a call names no deadline |
        | `max_send`, `max_receive` | bytes of a message; -1 has no limit, so that the server's is judged (of ``grpcio``) |
        | `keepalive`    | the time between pings of an idle connection, each answered in `keepalive_patience` (of ``grpcio``) |
        | `carrier`      | ``grpcio``, or ``http2``: a client of our own that knows for sure what the server said |

        Example: | `Connect To Grpc` | store | 127.0.0.1:50051 | protos=${PROTOS}/store.proto |
        """
        shown = certificate if isinstance(certificate, ClientCertificate) else None
        if certificate is not None and shown is None:
            shown = ClientCertificate(str(certificate), str(key) if key else None, _opened(key_password))
        own = way or Way()
        if ca is not None:
            own = replace(own, authorities=reach.authorities([str(ca)], Path.cwd()))
        if shown is not None:
            own = replace(own, certificate=shown)
        options = Options(
            max_send,
            max_receive,
            keepalive.total_seconds() if keepalive else 0.0,
            keepalive_patience.total_seconds(),
            patience.total_seconds(),
        )
        where = endpoint(address, own, tls, server_name, authority, source)
        speaking = Speaking(codec_named(codec), bytes_as, frozenset(listed(secrets)), compression)
        self.add_channel(
            alias, Channel(where, _source(protos, import_paths, reflection), speaking, options, carrier)
        )

    @keyword
    def close_grpc_connections(self, alias: str | None = None) -> None:
        """Ends the connection of an alias, or all. Does nothing where there is none, so it fits every teardown."""
        self.close_channels(alias)

    @keyword
    def grpc_connection_should_fail(self, alias: str, reason: str = "") -> str:
        """Fails when a connection can be made and a call is answered; for a client whom the server must not let in.

        `reason` is a word that must stand in why it failed. Returns why. A connection that is ended before any answer counts as
        failed, since a server judges a client's certificate after the handshake (RFC 8446, 4.4.2.4).
        Example: | `Grpc Connection Should Fail` | without certificate | certificate |
        """
        channel = self.channel(alias)
        try:
            _, outcome, _ = channel.standard.unary(
                "/assay.Nothing/Nothing", b"", Asking(deadline=channel.options.patience)
            )
            if outcome.code == "DEADLINE_EXCEEDED" and not outcome.said:
                raise NoAnswer(f"{channel.endpoint.url} did not answer within {channel.options.patience:g} s")
            let_in = outcome.said or outcome.code != "UNAVAILABLE"
            why = outcome.message or outcome.code
        except Unreachable as error:
            let_in, why = False, error.reason
        expect(
            not let_in, "no connection", f"an answer: {outcome.code if let_in else ''}", channel.endpoint.url
        )
        expect(
            reason.lower() in why.lower(), f"no connection because of '{reason}'", why, channel.endpoint.url
        )
        logger.info(f"{channel.endpoint.url} let nobody in: {why}")
        return why

    @keyword
    def grpc_services_of(self, alias: str) -> list[str]:
        """The full names of the services that a server tells of by its reflection, version 1 or 1 alpha.

        Fails as an error where it has none; `Grpc Reflection Should Be Off` is for a server that must have none.
        Example: | ${services} = | `Grpc Services Of` | store |
        """
        services = self.channel(alias).reflection.services()
        logger.write(table(f"services of {alias}", ("Service",), [(one,) for one in services]), "INFO", True)
        return services

    @keyword
    def grpc_reflection_should_be_off(self, alias: str) -> None:
        """Fails when the server tells anybody which services it has.

        Example: | `Grpc Reflection Should Be Off` | store |
        """
        channel = self.channel(alias)
        try:
            services = channel.reflection.services()
        except Unreachable:
            raise
        except AssayError as error:
            logger.info(str(error))
            return
        raise Unmet("no reflection", ", ".join(services) or "an empty list", channel.endpoint.url)

    @keyword
    def grpc_health_of(self, alias: str, service: str = "", within: timedelta = 5 * _SECOND) -> str:
        """The health of a service, or of the whole server: SERVING, NOT_SERVING, UNKNOWN or SERVICE_UNKNOWN.

        Source: grpc.health.v1 (health-checking.md).
        Example: | ${health} = | `Grpc Health Of` | store | deltadb.MainWorker |
        """
        return health.check(self.channel(alias), service, within.total_seconds())

    @keyword
    def grpc_health_should_become(
        self, alias: str, expected: str, service: str = "", within: timedelta = 5 * _SECOND
    ) -> list[str]:
        """Watches the health of a service until it is as expected, and returns each that was told, in order.

        Fails when it has not become so in time. Source: grpc.health.v1, Watch.
        Example: | `Grpc Health Should Become` | store | NOT_SERVING | within=10s |
        """
        told: list[str] = []
        for status in health.watch(self.channel(alias), service, within.total_seconds()):
            told.append(status)
            if status == expected:
                return told
        raise Unmet(
            f"the health to become {expected} within {within.total_seconds():g} s",
            ", then ".join(told) or "nothing told",
            f"{alias}{f', {service}' if service else ''}",
        )


def _source(
    protos: Sequence[str | Path] | str | None,
    import_paths: Sequence[str | Path] | str | None,
    reflection: bool,
) -> Source | None:
    if protos and reflection:
        raise AssayError("descriptors come from protos= or from reflection=, not from both")
    if protos:
        return ProtoFiles(listed(protos), listed(import_paths))
    return None if reflection else NoDescriptors()


def _opened(password: Secret | None) -> str:
    if password is None:
        return ""
    conceal(str(password.value), "password")
    return str(password.value)

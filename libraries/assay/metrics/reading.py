"""Reads counters from where a service tells them."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assay.core import reach
from assay.core.errors import AssayError, NoAnswer
from assay.core.platform import Platform
from assay.core.reach import Way

_PATIENCE = 5.0
LABEL = "worker"


@dataclass(frozen=True)
class Sample:
    """One sample: its name, its labels, its value."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(text: str) -> list[Sample]:
    """The samples of a document. AssayError where it is not in the text format of Prometheus."""
    from prometheus_client.parser import text_string_to_metric_families

    try:
        return [
            Sample(one.name, dict(one.labels), float(one.value))
            for family in text_string_to_metric_families(text)
            for one in family.samples
        ]
    except (ValueError, IndexError, KeyError) as error:
        raise AssayError(f"the counters are not in the text format of Prometheus: {error}") from error


def places(platform: Platform, service: str, part: str | None) -> list[tuple[str, str | None]]:
    """Where the counters of a service are told, and the label that they must have: of all its parts, or of one of them."""
    told: Mapping[str, str] = platform.said_of(service, "metrics")
    if part is None:
        return [(url, None) for url in told.values()]
    return [(told[part], None)] if part in told else [(url, part) for url in told.values()]


def value(found: list[Sample], name: str, label: str | None) -> float | None:
    """The sum of the samples of a name, of one worker where there is a label; None where there is none."""
    fitting = [one.value for one in found if one.name == name and label in (None, one.labels.get(LABEL))]
    return sum(fitting) if fitting else None


def fetched(url: str, way: Way, token: str | None) -> str:
    """The document at a URL."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, headers=headers)
    handlers = list(_handlers(url, way))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=_PATIENCE) as answer:
            body: bytes = answer.read()
            return body.decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        raise AssayError(f"{url} does not tell counters: it answered {error.code}") from error
    except OSError as error:
        raise NoAnswer(f"{url} did not tell its counters within {_PATIENCE:g} s: {error}") from error


def _handlers(url: str, way: Way) -> Iterator[urllib.request.BaseHandler]:
    yield urllib.request.ProxyHandler({})
    if url.startswith("https://"):
        yield urllib.request.HTTPSHandler(context=reach.context(way))

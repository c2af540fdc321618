"""What a keyword call, and a row of a sweep, cost beside the same requests made by Python's own client."""

from __future__ import annotations

import statistics

from assay.command.measuring import inrobot
from assay.command.measuring.measures import Bench, folder
from assay.command.measuring.table import Row
from assay.core import places

CALLS = 300

_SUITE = """\
*** Settings ***
Resource    {resources}/api_key.resource
Library     assay.SecretLibrary
Library     {here}/raw_calls.py

*** Test Cases ***
Raw
    ${{seconds}} =    Raw Calls    auth.getHealth    {calls}
    Log To Console    measured raw ${{seconds}}

Keyword
    ${{begun}} =    Now
    FOR    ${{number}}    IN RANGE    {calls}
        Call    auth.getHealth
    END
    ${{seconds}} =    Seconds Since    ${{begun}}
    Log To Console    measured keyword ${{seconds}}

Sweep
    ${{user}} =    A Logged In User
    ${{key}} =    An API Key    ${{user}}
    ${{rows}} =    Altered Forms Of Secret In A Header    ${{key.secret}}    api_key    accepted=${{key.secret}}
    ${{seconds}} =    Raw Rows    auth.getMe    ${{rows}}
    Log To Console    measured loop ${{{{ $seconds / len($rows) }}}}
    ${{begun}} =    Now
    Call Each Row    auth.getMe    ${{rows}}    refused_as=invalid-api-key
    ${{seconds}} =    Seconds Since    ${{begun}}
    Log To Console    measured sweep ${{{{ $seconds / len($rows) }}}}
"""

_LIBRARY = '''\
"""The raw side of the comparison."""

import http.client
import time
from urllib.parse import urlsplit

from assay.core import run


def _asking(operation):
    """Sends the request of an operation that takes none of its fields, again and again, on one connection."""
    platform = run.current().platform
    step = platform.spelling(operation).steps[-1]
    parts = urlsplit(platform.url(operation.partition(".")[0]) + step.path)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)

    def ask(headers):
        connection.request(step.method, parts.path, headers=headers)
        connection.getresponse().read()

    return ask


def raw_calls(operation, calls):
    ask = _asking(operation)
    begun = time.monotonic()
    for _ in range(int(calls)):
        ask({})
    return time.monotonic() - begun


def raw_rows(operation, rows):
    ask, key = _asking(operation), run.current().platform.dialect("auth").key_header
    begun = time.monotonic()
    for row in rows:
        ask({key.name: key.before + row.request["api_key"].value})
    return time.monotonic() - begun


def now():
    return time.monotonic()


def seconds_since(begun):
    return time.monotonic() - begun
'''


def keyword_call(bench: Bench) -> list[Row]:
    """One call of an operation, and a sweep of altered API keys, by keyword and by http.client."""
    raw = Row("a request by http.client alone", "ms")
    keyword = Row("a keyword call of the same request", "ms")
    sweep = Row("a row of a sweep against the same request in a bare loop", "")
    for number in range(bench.runs):
        bench.say(f"keyword calls {number + 1} of {bench.runs}")
        with folder() as place:
            suite = _SUITE.format(resources=places.resources(), here=place, calls=CALLS)
            found = inrobot.measured(place, suite, {"raw_calls": _LIBRARY}, bench.target)
        raw.values.append(1000 * found["raw"] / CALLS)
        keyword.values.append(1000 * found["keyword"] / CALLS)
        sweep.values.append(found["sweep"] / found["loop"])
    added = statistics.median(keyword.values) - statistics.median(raw.values)
    keyword.note = f"adds {added:.2f} ms: contract, evidence, masking and Robot's own share"
    sweep.note = (
        f"by `Call Each Row`; the last one {1000 * found['sweep']:.2f} ms against {1000 * found['loop']:.2f}"
    )
    return [raw, keyword, sweep]

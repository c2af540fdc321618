"""What calls by GrpcLibrary cost beside the same calls made by grpcio alone."""

from __future__ import annotations

from assay.command.measuring import inrobot
from assay.command.measuring.measures import Bench, folder
from assay.command.measuring.table import Row

ROUNDS, SINGLE, MANY = 5, 200, 600

_SUITE = """\
*** Settings ***
Library           assay.GrpcLibrary
Library           {here}/raw_grpc.py
Suite Setup       Connect
Suite Teardown    End All

*** Test Cases ***
By Turns
    FOR    ${{round}}    IN RANGE    {rounds}
        ${{seconds}} =    Raw Calls    {single}
        Log To Console    measured raw ${{seconds}}
        Keyword Calls
        ${{seconds}} =    Raw Futures    {many}
        Log To Console    measured futures ${{seconds}}
        ${{begun}} =    Now
        ${{answers}} =    Call Grpc Many    it    grpc.health.v1.Health/Check    times=${{{many}}}    message=${{{{ {{}} }}}}
        ${{seconds}} =    Seconds Since    ${{begun}}
        Log To Console    measured many ${{seconds}}
        Grpc Should Succeed    ${{answers}}
    END

*** Keywords ***
Connect
    ${{address}} =    Start A Server
    Connect To Grpc    it    ${{address}}    tls=${{False}}    reflection=${{True}}

Keyword Calls
    ${{begun}} =    Now
    FOR    ${{number}}    IN RANGE    {single}
        Call Grpc    it    grpc.health.v1.Health/Check    ${{{{ {{}} }}}}
    END
    ${{seconds}} =    Seconds Since    ${{begun}}
    Log To Console    measured keyword ${{seconds}}

End All
    Close Grpc Connections
    End The Server
"""

_LIBRARY = '''\
"""The raw side of the comparison: grpcio, and the health service that comes with it, in a process of its own."""

import subprocess
import sys
import time

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_SERVER = """
import sys
from concurrent.futures import ThreadPoolExecutor
import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
server = grpc.server(ThreadPoolExecutor(8))
health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
names = (health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
reflection.enable_server_reflection(names, server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
sys.stdin.read()
"""
_all = []


def start_a_server():
    process = subprocess.Popen([sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    address = f"127.0.0.1:{process.stdout.readline().strip()}"
    channel = grpc.insecure_channel(address)
    _all[:] = [process, channel, health_pb2_grpc.HealthStub(channel)]
    return address


def raw_calls(calls):
    begun = time.monotonic()
    for _ in range(int(calls)):
        _all[2].Check(health_pb2.HealthCheckRequest())
    return time.monotonic() - begun


def raw_futures(calls):
    begun = time.monotonic()
    for asked in [_all[2].Check.future(health_pb2.HealthCheckRequest()) for _ in range(int(calls))]:
        asked.result()
    return time.monotonic() - begun


def end_the_server():
    process, channel, _ = _all
    channel.close()
    process.stdin.close()
    process.wait(10)


def now():
    return time.monotonic()


def seconds_since(begun):
    return time.monotonic() - begun
'''


def grpc_calls(bench: Bench) -> list[Row]:
    """Single unary calls by keyword against the raw call, and many by one keyword against raw futures."""
    raw = Row("a unary gRPC call by grpcio alone", "ms")
    single = Row("a gRPC call by keyword against the raw unary call", "", "3", limit=3)
    many = Row("gRPC calls in bulk by keyword against raw futures", "", "1.3", limit=1.3)
    for number in range(bench.runs):
        bench.say(f"gRPC calls {number + 1} of {bench.runs}")
        with folder() as place:
            suite = _SUITE.format(here=place, rounds=ROUNDS, single=SINGLE, many=MANY)
            found = inrobot.measured(place, suite, {"raw_grpc": _LIBRARY}, bench.target)
        raw.values.append(1000 * found["raw"] / (ROUNDS * SINGLE))
        single.values.append(found["keyword"] / found["raw"])
        many.values.append(found["many"] / found["futures"])
    single.note = "call, evidence and Robot's own share"
    return [raw, single, many]

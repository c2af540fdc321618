"""Which worker runs which suites."""

from pathlib import Path

from assay.command.running import lanes
from assay.command.running.plan import Planned


def planned(suite: str, number: int, *tags: str) -> list[Planned]:
    return [
        Planned(f"{suite}.{one}", str(one), suite, f"{suite}.robot", one, list(tags), "")
        for one in range(number)
    ]


def test_workers_get_as_much_to_do_by_what_is_remembered() -> None:
    tests = [test for suite in "ABCD" for test in planned(suite, 1)]
    assert lanes.split(tests, {"A.0": 1, "B.0": 1, "C.0": 2, "D.0": 4}, 2) == [["D"], ["A", "B", "C"]]


def test_an_unseen_suite_weighs_its_tests_and_a_platform() -> None:
    tests = [*planned("A", 4), *planned("B", 8), *planned("C", 1, "private")]
    assert lanes.split(tests, {}, 2) == [["C"], ["A", "B"]]
    assert lanes.split(tests, {"C.0": 0.1, "C (set-up)": 0.5}, 2) == [["B"], ["A", "C"]]


def test_every_suite_runs_once_and_in_the_order_of_the_plan() -> None:
    tests = [test for suite in "EADCB" for test in planned(suite, 3)]
    found = lanes.split(tests, {}, 3)
    assert sorted(suite for lane in found for suite in lane) == list("ABCDE")
    assert all(lane == sorted(lane, key="EADCB".index) for lane in found)


def test_there_are_no_more_lanes_than_suites() -> None:
    assert lanes.split(planned("A", 3), {}, 4) == [["A"]]


def test_pabot_reads_one_group_for_each_lane(tmp_path: Path) -> None:
    lanes.write(tmp_path / "lanes", [["Suites.A", "Suites.B C"], ["Suites.D"]])
    assert (tmp_path / "lanes").read_text() == (
        "{\n--suite Suites.A\n--suite Suites.B C\n}\n{\n--suite Suites.D\n}\n"
    )

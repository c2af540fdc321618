"""The comparison of answer times: quiet on noise, loud on a difference."""

import random

import pytest
from assay.http.timing import rounds_needed, sample, told_apart


def _noise(generator: random.Random, rounds: int, base: float = 0.005) -> list[float]:
    return [base + generator.expovariate(1000) + (generator.random() < 0.02) * 0.05 for _ in range(rounds)]


def test_equal_answers_with_noise_are_not_told_apart() -> None:
    generator = random.Random(7)
    for _ in range(200):
        assert not told_apart([_noise(generator, 30) for _ in range(4)], margin=0.0)


def test_a_slower_answer_is_told_apart() -> None:
    generator = random.Random(7)
    times = [_noise(generator, 40), _noise(generator, 40, base=0.03), _noise(generator, 40)]
    found = told_apart(times, margin=0.01)
    assert {(slow, fast) for slow, fast, _ in found} == {(1, 0), (1, 2)}


def test_a_difference_within_the_margin_is_allowed() -> None:
    generator = random.Random(7)
    assert not told_apart([_noise(generator, 60), _noise(generator, 60, base=0.008)], margin=0.01)


@pytest.mark.parametrize("kinds", [2, 5, 10])
def test_enough_rounds_are_made_to_notice_anything(kinds: int) -> None:
    rounds = rounds_needed(kinds)
    times = [[0.001 + step * 1e-6 for step in range(rounds)] for _ in range(kinds)]
    times[0] = [seconds + 1 for seconds in times[0]]
    assert told_apart(times, margin=0.01)
    assert rounds < 60


def test_every_call_is_made_in_every_round() -> None:
    made: list[int] = []

    def call(number: int) -> float:
        made.append(number)
        return float(number)

    times = sample([lambda: call(0), lambda: call(1)], rounds=5)
    assert times == [[0.0] * 5, [1.0] * 5]
    assert len(made) == 12

"""Laws that are stepped to, or made of powers, are refused before their numbers are made; below, they are what they were."""

from __future__ import annotations

import math
import re
from itertools import islice

import pytest

from smc.errors import TooLarge
from smc.exact import lengths, output_law, seconds_of_law
from smc.exact.lengths import MOST_BITS, MOST_SECONDS, check_powers, stepped
from smc.exact.occupancy.cost import duration
from smc.numbers import ONE, Rational
from smc.samplers import particle_process
from smc.setting.model import prefix_tree
from smc.setting.twist import constant


def halves():
    """Laws of denominators 2, 4, 8, ...; how many were asked for is in `made`."""
    power, made = ONE, []

    def laws():
        nonlocal power
        while True:
            power /= 2
            made.append(power)
            yield power, 1 - power

    return laws(), made


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
def test_the_law_of_a_count_is_that_of_the_count(count):
    laws, _ = halves()
    assert stepped(laws, count, "steps", 2, tuple) == (Rational(1, 2**count), 1 - Rational(1, 2**count))


def test_what_takes_too_long_is_refused_after_three_steps(monkeypatch):
    laws, made = halves()
    with pytest.raises(TooLarge, match=r"take at most [\d,]+ steps") as fault:
        stepped(laws, 10**400, "steps", 2, tuple)
    assert len(made) == 3
    most = int(str(fault.value).split("at most ")[1].split()[0].replace(",", ""))
    with pytest.raises(TooLarge):
        stepped(halves()[0], most + 1, "steps", 2, tuple)
    monkeypatch.setattr(lengths, "islice", lambda laws, *at: islice(laws, 3) if at == (3,) else iter([(ONE,)]))
    assert stepped(halves()[0], most, "steps", 2, tuple) == (ONE,)  # allowed, not made


def test_powers_are_counted_in_bits():
    check_powers(1, 7, 0, MOST_BITS // 7, "particles")
    with pytest.raises(TooLarge, match=f"take at most {MOST_BITS // 7:,} particles; and so on"):
        check_powers(1, 7, 0, MOST_BITS // 7 + 1, "particles", "; and so on")
    check_powers(0, 7, 9, 10**400, "particles")  # powers of 1


@pytest.mark.parametrize("seconds", [1e-9, 1e-3, 1.0, MOST_SECONDS])
def test_powers_are_costed_by_their_divisors_and_the_largest_that_fits_is_named(seconds):
    """Of 100 divisors of numbers of 48 bits to the power: refused at once, and the count that is named is allowed, one more is not."""
    with pytest.raises(TooLarge, match=f"more than {re.escape(duration(seconds))}; take ") as fault:
        check_powers(48, 1, 100, 10**7, "sweeps", "", seconds)
    found = re.search(r"take at most ([\d,]+) sweeps, or give more seconds with --budget", str(fault.value))
    most = int(found.group(1).replace(",", "")) if found else 0
    assert (most == 0) == (seconds == 1e-9)
    if most:
        check_powers(48, 1, 100, most, "sweeps", "", seconds)
    with pytest.raises(TooLarge):
        check_powers(48, 1, 100, most + 1, "sweeps", "", seconds)


@pytest.mark.parametrize("mode", ["exact", "certified"])
def test_a_count_that_no_float_holds_is_out_of_reach(mode):
    """`plan --delta 1e-400` asks for the law of so many particles."""
    fork = prefix_tree(2, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 1 + sum(s))
    assert seconds_of_law(particle_process(fork, constant(fork, 1), "naive"), 10**400, mode=mode) == math.inf


def test_laws_of_one_length_take_the_time_of_their_steps():
    """Numbers that do not lengthen, as a walk's by V = V*: the time is linear in the count, and 10^12 steps are refused all the same."""
    still = (ONE / 2, ONE / 2)
    assert stepped(iter(lambda: still, None), 300_000, "steps", 4, tuple) == still
    with pytest.raises(TooLarge, match="take at most"):
        stepped(iter(lambda: still, None), 10**12, "steps", 4, tuple)


def test_powers_of_one_have_no_digits():
    """A single path of probability 1 has its law at any count; two of 1/2 that are told apart have one of 10^18 bits."""
    path = prefix_tree(1, lambda s: {0: 1}, lambda s: 1)
    for name in ("sis", "weighted-of-n", "best-of-n"):
        law = output_law(particle_process(path, constant(path, 1), name), 10**18)
        assert law.law == (ONE,) and law.dead == 0
    fork = prefix_tree(1, lambda s: {0: "1/2", 1: "1/2"}, lambda s: 1 + s[0])
    best = particle_process(fork, constant(fork, 1), "best-of-n")
    assert output_law(best, 3).law == (Rational(1, 8), Rational(7, 8))
    with pytest.raises(TooLarge, match="MiB of digits"):
        output_law(best, 10**18)

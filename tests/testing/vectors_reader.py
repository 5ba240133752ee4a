"""Reads test vectors with the standard library alone and finds every number in them again: `python -I -S vectors_reader.py FILE...`.

Written from the guide, as a test in another language would be; nothing of the project is imported. It enumerates every move and every
vector of ancestors, and prints how many numbers it compared.
"""

import json
import sys
from fractions import Fraction
from itertools import product
from math import floor, prod

ZERO, ONE = Fraction(0), Fraction(1)


def exact(entry):
    value = Fraction(entry["exact"])
    decimal = float(entry["decimal"])  # text where no double holds it
    assert abs(decimal - float(value)) <= 1e-12 * abs(float(value)), entry
    return value


def rate(scheme, weights, ancestors):
    """Probability of a vector of ancestors, from normalised weights."""
    n = len(weights)
    if scheme == "multinomial":
        return prod((weights[i] for i in ancestors), start=ONE)
    if scheme == "killing":
        top = max(weights)
        return prod(
            (
                (k == i) * w / top + (1 - w / top) * weights[i]
                for k, (i, w) in enumerate(zip(ancestors, weights, strict=True))
            ),
            start=ONE,
        )
    if scheme == "residual":
        whole = [i for i, w in enumerate(weights) for _ in range(floor(n * w))]
        if list(ancestors[: len(whole)]) != whole:
            return ZERO
        free = n - len(whole)
        return prod(((n * weights[i] - floor(n * weights[i])) / free for i in ancestors[len(whole) :]), start=ONE)
    if scheme == "ssp":
        return settled([n * w - floor(n * w) for w in weights], [floor(n * w) for w in weights], ancestors)
    lows, highs = [], []
    for k, i in enumerate(ancestors):  # the uniforms u in [0, 1) for which (k + u)/n falls to i
        below = sum(weights[:i], ZERO)
        lows.append(max(ZERO, n * below - k))
        highs.append(min(ONE, n * (below + weights[i]) - k))
    if scheme == "systematic":
        return max(ZERO, min(highs) - max(lows))
    return prod((max(ZERO, high - low) for low, high in zip(lows, highs, strict=True)), start=ONE)


def settled(parts, copies, ancestors):
    """Probability that fractional parts, settled pair by pair from the left, give the copies that `ancestors` lists in order."""
    loose = [i for i, x in enumerate(parts) if 0 < x < 1]
    if not loose:
        made = [i for i, (k, x) in enumerate(zip(copies, parts, strict=True)) for _ in range(k + int(x))]
        return ONE if made == list(ancestors) else ZERO
    i, j = loose[:2]
    s, total = parts[i] + parts[j], ZERO
    for share, x in (
        ((parts[i] / s, s), (parts[j] / s, ZERO))
        if s <= 1
        else (
            ((1 - parts[j]) / (2 - s), ONE),
            ((1 - parts[i]) / (2 - s), s - 1),
        )
    ):
        moved = list(parts)
        moved[i], moved[j] = x, s - x
        total += share * settled(moved, copies, ancestors)
    return total


def resampled(case, shares):
    if case["threshold"] is None:
        return True
    size = 1 / max(shares) if case["size"] == "inf" else 1 / sum(w * w for w in shares)
    return size < Fraction(case["threshold"]) * len(shares)


def moves_of(model, moves):
    """(moves, scale): moves[t][state] lists (next state, probability, weight)."""
    rows = []
    for step in model["edges"]:
        table = {}
        for edge in step:
            psi = Fraction(edge.get("potential", 1))
            table.setdefault(edge["from"], []).append((edge["to"], Fraction(edge["prob"]), psi))
        rows.append(table)
    value = [{x: Fraction(v) for x, v in layer.items()} for layer in [*model["value"], model["reward"]]]
    horizon = len(rows)
    backed = [
        {x: sum((p * psi * value[t + 1][y] for y, p, psi in row), ZERO) for x, row in table.items()}
        for t, table in enumerate(rows)
    ]
    root = model["layers"][0][0]
    made = []
    for t, table in enumerate(rows):
        made.append({})
        for x, row in table.items():
            if not value[t][x]:
                continue
            if moves == "naive":
                made[t][x] = [(y, p, psi * value[t + 1][y] / value[t][x]) for y, p, psi in row]
                continue
            made[t][x] = [
                (
                    y,
                    p * psi * value[t + 1][y] / backed[t][x],
                    ONE if t + 1 == horizon else backed[t + 1][y] / value[t + 1][y],
                )
                for y, p, psi in row
                if psi * value[t + 1][y]
            ]
    return made, value[0][root] if moves == "naive" else backed[0][root]


def run(model, case):
    """The joint law of (output, Zhat)."""
    moves, scale = moves_of(model, case["moves"])
    n, root = case["particles"], model["layers"][0][0]
    clouds = {(scale, ((root, ONE),) * n): ONE}
    joint = {}
    for t, table in enumerate(moves):
        after = {}
        for (closed, cloud), chance in clouds.items():
            ways = [[((y, w * g), p) for y, p, g in table[x]] if w else [((x, w), ONE)] for x, w in cloud]
            for steps in product(*ways):
                moved, p = tuple(s for s, _ in steps), chance * prod((q for _, q in steps), start=ONE)
                weights = [w for _, w in moved]
                total = sum(weights, ZERO)
                if not total:
                    joint[None, ZERO] = joint.get((None, ZERO), ZERO) + p
                    continue
                shares = [w / total for w in weights]
                if t + 1 == len(moves):
                    for (y, _), q in zip(moved, chosen(case["choice"], shares), strict=True):
                        if q:
                            key = (y, closed * total / n)
                            joint[key] = joint.get(key, ZERO) + p * q
                elif resampled(case, shares):
                    for ancestors in product(range(n), repeat=n):
                        q = rate(case["scheme"], shares, ancestors)
                        if q:
                            key = (closed * total / n, tuple((moved[i][0], ONE) for i in ancestors))
                            after[key] = after.get(key, ZERO) + p * q
                else:
                    after[closed, moved] = after.get((closed, moved), ZERO) + p
        clouds = after
    return joint


def chosen(choice, shares):
    if choice == "weight":
        return shares
    best = [w == max(shares) for w in shares] if choice == "argmax" else [w > 0 for w in shares]
    return [Fraction(b, sum(best)) for b in best]


def check_runs(document):
    compared = 0
    for case in document["cases"]:
        joint = run(document["model"], case)
        given = {(row["output"], exact(row["normaliser"])): exact(row["probability"]) for row in case["joint"]}
        assert joint == given, case["words"]
        for state, entry in case["law"].items():
            assert sum((p for (y, _), p in joint.items() if y == state), ZERO) == exact(entry), case["words"]
        assert joint.get((None, ZERO), ZERO) == exact(case["dead"]), case["words"]
        for power, name in ((1, "normaliser"), (2, "second_moment")):
            assert sum((p * z**power for (_, z), p in joint.items()), ZERO) == exact(case[name]), case["words"]
        compared += len(joint) + len(case["law"]) + 3
    return compared


def check_resampling(document):
    compared = 0
    for case in document["cases"]:
        weights = [exact(w) for w in case["weights"]]
        n = len(weights)
        law = {a: p for a in product(range(n), repeat=n) if (p := rate(case["scheme"], weights, a))}
        assert law == {tuple(row["ancestors"]): exact(row["probability"]) for row in case["ancestors"]}, case
        counts = {}
        for ancestors, p in law.items():
            copies = tuple(ancestors.count(i) for i in range(n))
            counts[copies] = counts.get(copies, ZERO) + p
        assert counts == {tuple(row["copies"]): exact(row["probability"]) for row in case["copies"]}, case
        for i, w in enumerate(weights):
            assert sum(copies[i] * p for copies, p in counts.items()) == n * w, "unbiased"
        compared += len(law) + len(counts)
    return compared


def main(paths):
    compared = 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        assert document["format"] == "bellman-smc/vectors-1", path
        compared += (check_runs if document["kind"] == "runs" else check_resampling)(document)
    print(compared)


if __name__ == "__main__":
    main(sys.argv[1:])

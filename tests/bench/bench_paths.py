"""Path laws on trees: both routes, and `path_law`, which chooses one by estimate, interleaved in one process: medians of processor seconds
and how many times longer the other route takes, for deep trees (6 layers and more at N >= 16) and for small or bushy ones.

`python -m tests.bench.bench_paths` prints the table (`--quick` leaves out what takes minutes).
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence

from smc.exact.paths import OCCUPANCIES, TREE, _by_occupancies, _tree_law, path_law, routes
from smc.samplers import particle_process
from smc.samplers.process import ParticleProcess
from smc.setting.twist import constant, with_bellman_error
from tests.bench.bench_exact import interleaved, seconds
from tests.exact.random_models import grown

DEEP, SMALL = "6 layers and more, N >= 16", "others"


def cases(quick: bool) -> list[tuple[str, tuple[int, ...], int, str]]:
    """(group, nodes by layer, particles, reward model)."""
    deep = [((2, 2, 3, 3, 3, 3), 16), ((2, 3, 3, 3, 3, 3), 16), ((2,) * 6, 64), ((2,) * 10, 32)]
    deep += [((2, 2, 2, 3, 3, 4), 16), ((2, 2, 3, 3, 3, 3, 3, 3), 20)]
    if not quick:
        deep += [((2, 2, 3, 3, 4, 4), 16), ((2, 3, 3, 3, 4, 6), 16)]
    small = [((2, 3, 3, 3, 4, 6), 8), ((2, 4, 8), 8), ((2, 4, 8, 16), 4), ((3, 9, 27), 4), ((2, 3, 4, 5, 6, 6), 6)]
    return [
        (group, widths, particles, values)
        for group, found in ((DEEP, deep), (SMALL, small))
        for widths, particles in found
        for values in ("constant", "Bellman error 1/4")
    ]


def process_of(widths: tuple[int, ...], values: str) -> ParticleProcess:
    """Naive SMC on the tree: short weights under a constant reward model, long ones under a perturbed V*."""
    tree = grown(*widths)
    twist = constant(tree, 1) if values == "constant" else with_bellman_error(tree, "1/4")
    return particle_process(tree, twist, "naive")


def main(arguments: Sequence[str] = ()) -> None:
    """Print the table."""
    print(
        "path laws on trees: median milliseconds of processor time by each route; ratio: of the other to the one that is chosen"
    )
    print(
        f"{'nodes by layer':28} {'N':>4} {'reward model':18} {'tree':>10} {'occupancies':>12} {'path_law':>10} {'ratio':>8}  "
        "route (estimates)"
    )
    ratios: dict[str, list[float]] = {DEEP: [], SMALL: []}
    for group, widths, particles, values in cases("--quick" in arguments):
        process = process_of(widths, values)
        times = interleaved(
            {
                TREE: lambda process=process, n=particles: seconds(lambda: _tree_law(process, n)),
                OCCUPANCIES: lambda process=process, n=particles: seconds(lambda: _by_occupancies(process, n)),
                "path_law": lambda process=process, n=particles: seconds(lambda: path_law(process, n)),
            },
            5,
        )
        (route, estimate), (other, longer) = routes(process, particles)
        ratio = times[other] / times[route]
        ratios[group].append(ratio)
        print(
            f"{'-'.join(map(str, widths)):28} {particles:4} {values:18} {times[TREE] * 1e3:10.1f} {times[OCCUPANCIES] * 1e3:12.1f} "
            f"{times['path_law'] * 1e3:10.1f} {ratio:8.2f}  {route} ({estimate * 1e3:.1f} against {longer * 1e3:.1f})"
        )
    for group, found in ratios.items():
        print(f"{group}: ratio from {min(found):.2f} to {max(found):.1f}, median {statistics.median(found):.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Would 3 and 4 November 2025 have been another day without the hack of Balancer?

The same seeds with the hack and without it (`defi.balancer.incident`), and the difference seed by seed: most of what differs between
two runs is the draw, and a pair shares it until the first order that differs. The mean of the differences has a standard error; one
within Student's 95 % bound (of few pairs a wide one) was not seen. That is no proof that there is none: the bound says how large one
could hide.

What it cannot say: how large the hack's own flow was is assumed in the scenario (see its sources), and rows that do not follow
from the hack, such as news of the same hours, stay. Nobody in the model reads the news, beyond the uncertainty that is declared.

    python examples/without_the_hack.py [--pairs 4] [--small]
"""

from __future__ import annotations

import argparse
import math
import statistics
from pathlib import Path
from typing import Dict

import margincall as mc

FIGURES = {"btc_fall_open_to_low": (100, "points"), "eth_fall_open_to_low": (100, "points"),
           "liquidated_true_usd": (1e-6, "m USD"), "incident_loss_usd": (1e-6, "m USD")}
STUDENT = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)  # 97.5 % quantiles for 2, 3, ... pairs; more pairs: that of 11


def main(pairs: int = 4, small: bool = False) -> None:
    if small:
        scenario, pairs = mc.Scenario.load(Path(__file__).with_name("small.toml")), 3
    else:
        scenario = mc.Scenario.load("2025-11-04", **{"world.size": "reduced"})
    without = scenario.copy().set({"defi.balancer.incident": False})
    ours, other = (figures(mc.run(one, paths=pairs, seed=1)) for one in (scenario, without))
    print(f"without the hack less with it, seeds 1 to {pairs}")
    for name, (scale, unit) in FIGURES.items():
        changes = [scale * (other[seed][name] - ours[seed][name]) for seed in ours]
        mean, error = statistics.mean(changes), statistics.stdev(changes) / math.sqrt(pairs)
        bound = error * STUDENT[min(pairs, 11) - 2]
        said = "seen" if abs(mean) > bound else f"not seen, could be as large as {abs(mean) + bound:.2f}"
        each = " ".join(f"{change:+.2f}" for change in changes)
        print(f"  {name:22} {mean:+9.2f} ± {error:.2f} {unit}, {said}\n{'':25}seed by seed: {each}")


def figures(run: mc.Run) -> Dict[str, Dict[str, float]]:
    """Every metric of every seed."""
    rows = run.table("path_metrics")
    out: Dict[str, Dict[str, float]] = {}
    for seed, metric, value in zip(rows["seed"], rows["metric"], rows["value"]):
        out.setdefault(seed, {})[metric] = float(value)
    return out


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--pairs", type=int, default=4)
    ask.add_argument("--small", action="store_true", help="forty minutes, three pairs: a test, not an answer")
    main(**vars(ask.parse_args()))

"""Would a cap on leverage have helped?

Three billion dollars of BTC are sold in half an hour (the scenario `flash`), under a cap of 10, 20 and 50 on every venue
(`venues.*.leverage_max`) and without one, on the same seeds. A cap is in force when the accounts are drawn: nobody holds a position
beyond it, and whoever would is at it.

What it cannot say: what people do under a cap. Here nobody moves to another venue or trades less or more; open interest is the same,
on more margin. Maintenance margins stay, so that a position is liquidated where it was. Differences between caps are by pairs of
seeds; the range of seeds says how much is the draw.

    python examples/leverage_cap.py [--seeds 6] [--small] [--picture caps.png]
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import Dict, List, Optional

import margincall as mc

CAPS: List[Optional[int]] = [None, 50, 20, 10]


def main(seeds: int = 6, small: bool = False, picture: Optional[str] = None) -> None:
    if small:
        scenario, seeds = mc.Scenario.load(Path(__file__).with_name("small.toml")), 1
    else:
        scenario = mc.Scenario.load("flash", **{"world.size": "reduced"})
    print(f"{scenario.title}, seeds 1 to {seeds}: medians (lowest to highest)")
    print(f"{'cap':>6}{'highest leverage':>18}{'BTC fall':>26}{'liquidated, m USD':>28}{'less than uncapped':>20}")
    uncapped: List[float] = []
    sums: Dict[str, List[float]] = {}
    for cap in CAPS:
        capped = scenario if cap is None else scenario.copy().set({"venues.*.leverage_max": cap})
        runs = [mc.run(capped, seed=seed) for seed in range(1, seeds + 1)]
        highest = max(float(max(run.table("liquidations")["leverage"], default=0.0)) for run in runs)
        falls = [100 * (run.summary["btc_fall_open_to_low"].value or 0) for run in runs]
        sold = [1e-6 * (run.summary["liquidated_true_usd"].value or 0) for run in runs]
        uncapped = uncapped or sold
        fewer = statistics.median(1 - ours / theirs for ours, theirs in zip(sold, uncapped))
        print(f"{cap or 'none':>6}{highest:18.1f}{spread(falls, '.1f') + ' %':>26}{spread(sold, ',.0f'):>28}{fewer:20.0%}")
        sums[str(cap or "none")] = sold
    if picture:
        import matplotlib.pyplot as plt

        figure, axis = plt.subplots(layout="constrained")
        axis.boxplot(list(sums.values()), tick_labels=list(sums))
        axis.set(xlabel="cap on leverage, times", ylabel="liquidated, m USD", ylim=(0, None))
        figure.savefig(picture)


def spread(values: List[float], form: str) -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--seeds", type=int, default=6)
    ask.add_argument("--small", action="store_true", help="forty minutes, one seed: a test, not an answer")
    ask.add_argument("--picture", metavar="FILE")
    main(**vars(ask.parse_args()))

"""What would it cost to sell 50 million dollars of BTC at the low of 4 November 2025?

A recorded run says when its low is. The same world is stepped there again, bit for bit, and forked: in one fork somebody sells 50 m
USD of BTC within five minutes at any price (market orders every second in all books, by volume), in the other nobody does. The
difference of the two is what the sale does: to the price, and to the seller, against the mid that stood before and against the mid of
the same second in the other fork. At a low the two differ: without the sale the price would have risen from there, by the choice of
the moment.

The seller's price is an estimate: each second's part is taken to be filled at the best bids that stand just after it, by the volume of
the books, because a flow's own fills are not recorded. The forks share every event until the first order that differs; later their
draws drift apart, so what is seen half an hour after is the sale and chance together: look at several seeds.

    python examples/cost_of_selling.py [--usd 50e6] [--seeds 2] [--small] [--picture sale.png]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, List, Optional, Tuple

import numpy as np

import margincall as mc

SELLING_S = 300


def main(usd: float = 50e6, seeds: int = 2, small: bool = False, picture: Optional[str] = None) -> None:
    if small:
        scenario, seeds = mc.Scenario.load(Path(__file__).with_name("small.toml")), 1
    else:
        scenario = mc.Scenario.load("2025-11-04", **{"world.size": "reduced"})
    for seed in range(1, seeds + 1):
        low_s, books, weights = low_of(mc.run(scenario, seed=seed))
        unsold = mc.World(scenario, seed=seed, record=False).step_to(low_s)
        sold = unsold.fork()
        rows = [unsold.names.instrument(name) for name in books]
        start = unsold.observe()
        before = mean((start.bid + start.ask) / 2, (start.bid > 0) & (start.ask > 0), rows, weights)
        sold.inject({"type": "flow", "name": "My sale", "cause": "funds", "sell": {"BTC": f"{usd:.0f} USD"},
                     "forced": True, "minutes": SELLING_S / 60})
        bids, mids = np.zeros(SELLING_S), np.zeros(SELLING_S)
        for second in range(SELLING_S):
            hit, other = sold.step(1).observe(), unsold.step(1).observe()
            bids[second] = mean(hit.bid, hit.bid > 0, rows, weights)
            mids[second] = mean((other.bid + other.ask) / 2, (other.bid > 0) & (other.ask > 0), rows, weights)
        print(f"seed {seed}: low at {start.now:%d %B %H:%M} UTC, mid {before:,.1f} USD before the sale")
        print(f"  {usd / 1e6:,.0f} m USD sold in {SELLING_S} s at {bids.mean():,.1f} USD on average:")
        for words, mid in (("the mid before", before), ("the fork without the sale", mids.mean())):
            short = 1 - bids.mean() / mid
            print(f"    {1e4 * short:+.1f} bp below {words}, {usd * short:,.0f} USD")
        gaps: List[Tuple[int, float]] = [(5, gap(sold, unsold))]
        while gaps[-1][0] < 30 and sold.now < sold.end:
            sold.step(60), unsold.step(60)
            gaps.append((gaps[-1][0] + 1, gap(sold, unsold)))
        shown = [one for one in gaps if one[0] in (5, 6, 10, 15, 30)]
        print("  index against the fork without the sale: " + ", ".join(f"{bp:+.1f} bp after {m} min" for m, bp in shown))
        if picture and seed == 1:
            import matplotlib.pyplot as plt

            figure, axis = plt.subplots(layout="constrained")
            axis.plot(np.arange(SELLING_S) / 60, 1e4 * (bids / mids - 1), label="bids against mid of the other fork")
            axis.plot(*zip(*gaps), marker=".", label="index against index of the other fork")
            axis.set(xlabel="minutes since the sale began", ylabel="basis points")
            axis.legend()
            figure.savefig(picture)


def mean(price: Any, there: Any, rows: List[int], weights: Any) -> float:
    """Over the books that have a price, by volume."""
    share = weights * there[rows]
    return float(price[rows] @ share / share.sum())


def gap(sold: mc.World, unsold: mc.World) -> float:
    return 1e4 * float(sold.observe().asset_index[0] / unsold.observe().asset_index[0] - 1)


def low_of(run: mc.Run) -> Tuple[float, List[str], Any]:
    """Second at which the minute of BTC's lowest trade begins; BTC's books and their shares of its volume."""
    bars = run.table("series").to_numpy()
    btc = bars["asset"] == "BTC"
    lowest = btc & (bars["low"] == run.summary["btc_low"].value)
    books = sorted(set(bars["instrument"][btc]))
    volume = np.array([bars["volume_usd"][bars["instrument"] == book].sum() for book in books])
    return bars["time_ns"][lowest][0] / 1e9 - 60, books, volume / volume.sum()


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--usd", type=float, default=50e6)
    ask.add_argument("--seeds", type=int, default=2)
    ask.add_argument("--small", action="store_true", help="forty minutes, one seed: a test, not an answer")
    ask.add_argument("--picture", metavar="FILE", help="of the first seed")
    main(**vars(ask.parse_args()))

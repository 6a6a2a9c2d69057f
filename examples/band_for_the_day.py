"""A band for the day: how far could it have gone on 4 November 2025?

One run is one path. Many paths of the same scenario, each with its own seed, are a distribution: its median, and the range that
holds nine of ten paths. A measured figure inside the band says that the model does not contradict what happened; outside, that
it does. It does not say that the scenario is complete, nor how likely such a day was: events are given, only the draw differs.
With n paths the ends of the band are no better than the outermost paths; the median has a standard error, the ends have none.

    python examples/band_for_the_day.py [--paths 8] [--small] [--picture band.png]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Optional

import margincall as mc

FIGURES = ("btc_fall_open_to_low", "eth_fall_open_to_low", "liquidated_reported_usd", "adl_usd")


def main(paths: int = 8, small: bool = False, picture: Optional[str] = None) -> None:
    if small:
        scenario, paths = mc.Scenario.load(Path(__file__).with_name("small.toml")), 3
    else:
        scenario = mc.Scenario.load("2025-11-04", **{"world.size": "reduced"})
    run = mc.run(scenario, paths=paths)
    print(f"{run.title}\n{paths} paths, seeds {run.seeds[0]} to {run.seeds[-1]}\n")
    print(f"{'':24}{'5 %':>12}{'median':>12}{'± s.e.':>12}{'95 %':>12}{'measured':>12}")
    for name in FIGURES:
        one = run.summary[name]
        cells = "".join(f"{shown(one.unit, x):>12}" for x in (one.p05, one.value, one.se, one.p95, one.measured))
        print(f"{name:24}{cells}  {verdict(one)}")
    rows = run.table("path_metrics")
    falls = sorted(v for m, v in zip(rows["metric"], rows["value"]) if m == FIGURES[0])
    print("\nBTC's fall path by path:", " ".join(f"{fall:.1%}" for fall in falls))
    if picture:
        run.plot().savefig(picture)


def shown(unit: str, value: Optional[float]) -> str:
    if value is None:
        return "-"
    return f"{value:.2%}" if unit == "fraction" else f"{value / 1e6:,.1f} m"


def verdict(one: mc.Figure) -> str:
    if one.measured is None or one.p05 is None or one.p95 is None:
        return "not measured"
    return "inside the band" if one.p05 <= one.measured <= one.p95 else "OUTSIDE the band"


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--paths", type=int, default=8)
    ask.add_argument("--small", action="store_true", help="forty minutes, three paths: a test, not an answer")
    ask.add_argument("--picture", metavar="FILE", help="median and band of the BTC price")
    main(**vars(ask.parse_args()))

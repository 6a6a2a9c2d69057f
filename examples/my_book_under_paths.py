"""What happens to my own accounts under 100 market paths?

A sweep simulates the paths; of each, the deepest fall of BTC and of ETH is a shock for `mc.stress` on the user's book (default:
`my_book.csv` beside this file, five accounts in the format of docs/account-book.md). Paths whose falls round to the same half of a
per cent share one stress. The answer is a distribution over paths of what is liquidated, of the equity that is left, of what funds pay
and of bad debt.

**The book does not feed back on the simulated market.** Its liquidations move its own marks inside the stress and nobody else's; the
paths are those of a market without it. A path is shortened to its two falls, taken to come together in `--minutes`: recoveries,
margin that somebody adds on the way and the order of coins are lost; other coins move by beta. It is not a forecast: the paths are
those of one scenario (here `flash`: three billion dollars of BTC sold in half an hour).

    python examples/my_book_under_paths.py [--book my_book.csv] [--paths 100] [--minutes 30] [--small] [--picture loss.png]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

import margincall as mc

HERE = Path(__file__).parent
FIGURES = {"accounts_liquidated": 1.0, "liquidated_usd": 1e-6, "fund_draw_usd": 1e-6, "bad_debt_usd": 1e-6}


def main(
    book: str = str(HERE / "my_book.csv"), paths: int = 100, minutes: int = 30, small: bool = False,
    picture: Optional[str] = None, out: Optional[str] = None,
) -> None:
    if small:
        scenario, paths = mc.Scenario.load(HERE / "small.toml"), 3
    else:
        scenario = mc.Scenario.load("flash", **{"world.size": "reduced"})
    with tempfile.TemporaryDirectory() as place:
        worlds = mc.sweep(scenario, paths=paths, seed=1, out=out or Path(place) / "paths", progress=False).worlds
    falls = list(zip(worlds["btc_fall_open_to_low"], worlds["eth_fall_open_to_low"]))
    shocks = [(rounded(btc), rounded(eth)) for btc, eth in falls]
    outcomes: Dict[Tuple[float, float], Dict[str, float]] = {}
    for btc, eth in sorted(set(shocks)):
        moves = {"BTC": f"{btc:g}%/{minutes}min", "ETH": f"{eth:g}%/{minutes}min"}
        outcomes[btc, eth] = mc.stress(book, moves, vary="off").summary["shock"]
    print(f"{scenario.title}: {paths} paths, seeds 1 to {paths}, {len(outcomes)} different shocks of {Path(book).name}")
    rows: List[Tuple[str, Any]] = [(f"{coin} fall, %", 100 * np.array(fall)) for coin, fall in zip(("BTC", "ETH"), zip(*falls))]
    for name, scale in FIGURES.items():
        unit = ", m USD" if name.endswith("_usd") else ""
        rows.append((name.removesuffix("_usd") + unit, scale * np.array([outcomes[shock][name] for shock in shocks])))
    print(f"{'over paths':28}{'5 %':>9}{'median':>9}{'95 %':>9}{'worst':>9}{'paths with any':>16}")
    for words, values in rows:
        low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
        worst = values.min() if "fall" in words else values.max()
        print(f"{words:28}{low:9.2f}{middle:9.2f}{high:9.2f}{worst:9.2f}{int((values != 0).sum()):16}")
    print("The book's own liquidations do not move the simulated market; paths are those of a market without it.")
    if picture:
        import matplotlib.pyplot as plt

        figure, axis = plt.subplots(layout="constrained")
        axis.hist(dict(rows)["liquidated, m USD"], bins=20)
        axis.set(xlabel="liquidated of the book, m USD", ylabel="paths")
        figure.savefig(picture)


def rounded(fall: float) -> float:
    """In per cent, to halves."""
    return round(200 * float(fall)) / 2


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--book", default=str(HERE / "my_book.csv"), help="CSV, or what a venue's interface answered")
    ask.add_argument("--paths", type=int, default=100)
    ask.add_argument("--minutes", type=int, default=30, help="in which the fall comes")
    ask.add_argument("--small", action="store_true", help="three paths of forty minutes: a test, not an answer")
    ask.add_argument("--picture", metavar="FILE")
    ask.add_argument("--out", metavar="FOLDER", help="keep the paths, go on with them")
    main(**vars(ask.parse_args()))

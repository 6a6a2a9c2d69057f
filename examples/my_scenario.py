"""What if shares fall by 20 % next week, with the market as it stands today?

Today's state is the latest one that ships (3 November 2025); the shock is one event on top of it. The lab does not simulate the
days until then: nobody knows their news, so the week begins with today's leverage, depth and prices.

**A declared change of a factor is multiplied by loadings.** -20 % in `change.equities` is not -20 % for BTC. Log fair value moves by
loading times change: BTC by `factors.equities.BTC`, ETH by `factors.equities.ETH`, every other coin by its beta times BTC's. The
loadings were read off days on which shares moved by one or two percent; that they hold at -20 % is an assumption of whoever asks.
To declare what a coin itself is worth, use `type = "fair_value"`. Where the price goes beyond fair value is the model's answer.

Told twice: as an event of the scenario, which a run knows from its start, and by `World.inject` into a world that did not know.

    python examples/my_scenario.py [--small] [--picture price.png]
"""

from __future__ import annotations

import argparse
import math
from typing import Any, Dict, Optional

import margincall as mc

TEXT = """
schema = 1
extends = "builtin/base/state-2025-11-03.toml"
[meta]
name = "shares-fall"
title = "Shares fall by a fifth"
[clock]
length = "{hours} h"
day_from = "0 h"
day_to = "{hours} h"
"""
SMALL: Dict[str, Any] = {"population.accounts": 2000, "agents.market_maker.clock": "4 s"}


def main(small: bool = False, picture: Optional[str] = None) -> None:
    hours, at, until = (1, "00:10", "00:40") if small else (24, "14:30", "21:00")
    shock: Dict[str, Any] = {"name": "Shares fall", "type": "factor", "cause": "macro", "change": {"equities": "-20 %"},
                             "at": f"2025-11-03T{at}:00Z", "until": f"2025-11-03T{until}:00Z"}
    row = (f'[[events]]\nname = "Shares fall"\nat = {shock["at"]}\nuntil = {shock["until"]}\ntype = "factor"\n'
           'cause = "macro"\nchange = { equities = "-20 %" }\nsource = "assumed: my question"\n')
    sizes: Dict[str, Any] = {"world.size": "reduced", **(SMALL if small else {})}
    calm = mc.Scenario.from_text(TEXT.format(hours=hours)).set(sizes)
    told = mc.Scenario.from_text(TEXT.format(hours=hours) + row).set(sizes)

    print("What -20 % in shares does to fair value by the loadings, before anybody trades:")
    loading = {"BTC": float(told["factors.equities.BTC"]), "ETH": float(told["factors.equities.ETH"])}
    for coin, load in loading.items():
        print(f"  {coin}: exp({load:g} x -20 %) - 1 = {math.expm1(load * -0.20):.1%}")

    world = mc.World(calm, seed=1).step_to(shock["at"])
    surprised, quiet = world.fork(), world
    surprised.inject(shock)
    after, without = (one.step_to(shock["until"]).observe() for one in (surprised, quiet))
    moved = after.fair_value / without.fair_value - 1
    traded = after.asset_index / without.asset_index - 1
    print("What the injected event did against the same world without it, at its end:")
    for k, coin in enumerate(after.names.assets):
        print(f"  {coin:5} fair value {moved[k]:7.1%}   index {traded[k]:7.1%}")

    run, hit = mc.run(told, seed=1), surprised.run()
    for words, one in (("declared in the scenario", run), ("injected", hit)):
        figures = one.summary
        print(f"{words:25} BTC low {figures['btc_low'].value:,.0f} USD ({figures['btc_fall_open_to_low'].value:.1%}), "
              f"{(figures['liquidated_true_usd'].value or 0) / 1e9:.2f} bn USD liquidated, "
              f"{(figures['adl_usd'].value or 0) / 1e6:,.0f} m USD deleveraged, "
              f"{(figures['bad_debt_usd'].value or 0) / 1e6:,.0f} m USD bad debt")
    if picture:
        run.plot().savefig(picture)


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--small", action="store_true", help="an hour of a small world: a test, not an answer")
    ask.add_argument("--picture", metavar="FILE")
    main(**vars(ask.parse_args()))

"""How do I get a run into my data frames: who was liquidated where, on which side, at which leverage?

`run.table("liquidations")` is a row a forced reduction. polars, duckdb, pyarrow and numpy read the memory of the run itself: nothing is
written to a file and numbers are not copied (the addresses are compared below); words such as venue and side are made anew by polars.

`notional_usd` is what was closed, `weight` how many accounts a row stands for, `leverage` what the account had chosen, not what it had
at the moment of its end. Rows with another `kind` than `book` were taken over or deleveraged and met no order book. One run is one
path; the rows of several are those of the first.

    python examples/to_polars.py [--small] [--picture leverage.png]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Optional

import duckdb
import polars as pl

import margincall as mc


def main(small: bool = False, picture: Optional[str] = None) -> None:
    scenario = Path(__file__).with_name("small.toml") if small else mc.Scenario.load("flash", **{"world.size": "reduced"})
    run = mc.run(scenario, seed=1)
    table = run.table("liquidations")
    frame = table.to_polars()
    print(f"{run.title}, seed 1: {frame.height} rows of liquidations, {table.units['notional_usd']} in notional_usd")
    answer = (
        frame.group_by("venue", "side", "leverage_band")
        .agg(m_usd=pl.col("notional_usd").sum() / 1e6, accounts=pl.col("weight").sum())
        .sort("m_usd", descending=True)
    )
    with pl.Config(tbl_rows=-1, tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True, float_precision=1):
        print(answer)
    total, headline = float(table["notional_usd"].sum()), run.summary["liquidated_true_usd"].value
    print(f"together {total / 1e6:,.1f} m USD, the headline figure is {(headline or 0) / 1e6:,.1f} m USD")

    liquidations = run.table("liquidations")  # duckdb finds it by the variable's name
    kinds = duckdb.execute("SELECT kind, sum(notional_usd) / 1e6, count(*) FROM liquidations GROUP BY 1 ORDER BY 2 DESC").fetchall()
    print("by duckdb:", ", ".join(f"{kind} {m_usd:,.1f} m USD in {n} rows" for kind, m_usd, n in kinds))
    assert len(liquidations) == frame.height

    ours = table["notional_usd"].__array_interface__["data"][0]
    theirs = frame["notional_usd"].to_numpy(allow_copy=False).__array_interface__["data"][0]
    print(f"notional_usd lies at {ours:#x} in the run and at {theirs:#x} in polars: {'no copy' if ours == theirs else 'COPIED'}")
    if picture:
        run.plot.map().savefig(picture)


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--small", action="store_true", help="forty minutes: a test, not an answer")
    ask.add_argument("--picture", metavar="FILE", help="the map of liquidation prices")
    main(**vars(ask.parse_args()))

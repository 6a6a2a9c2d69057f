#!/usr/bin/env python3
"""What net taker flow does to bitcoin's price within four hours: measured, and in runs of the model.

measured   from the data set coinglass-2025 (180 days of Binance futures), by --shared
model      from run folders with one-minute bars: A's perp of BTC

Slope of the return on net taker flow through the origin, in daily volatility of the period per mean volume of
four hours: the same unit for both, so that neither volume nor volatility of the days decides.

    tools/impact_law.py --shared ../shared
    tools/impact_law.py RUN...
"""
import argparse
import csv
import math
import pathlib
import sqlite3
import statistics
import sys

WINDOW_S = 14_400


def law(windows):
    """windows: (net USD, return, volume USD). Slope, R2 and size of flow, dimensionless."""
    volume = statistics.fmean(row[2] for row in windows)
    flows = [row[0] / volume for row in windows]
    returns = [row[1] for row in windows]
    per_day = statistics.pstdev(returns) * math.sqrt(6)
    xy = sum(x * y for x, y in zip(flows, returns))
    xx = sum(x * x for x in flows)
    yy = sum(y * y for y in returns)
    return {
        "windows": len(windows),
        "volume": volume,
        "daily": per_day,
        "slope": xy / xx / per_day,
        "r2": xy * xy / xx / yy,
        "flow": math.sqrt(xx / len(windows)),
    }


def measured(shared):
    folder = shared / "data" / "coinglass-2025"
    with open(folder / "price_binance_perp_BTC_4h.csv", newline="") as file:
        prices = {row["time_utc"]: row for row in csv.DictReader(file)}
    out = []
    with open(folder / "taker_volume_futures_aggregated_BTC_4h.csv", newline="") as file:
        for row in csv.DictReader(file):
            price = prices.get(row["time_utc"])
            if price and row["buy_usd"] and row["sell_usd"]:
                buy, sell = float(row["buy_usd"]), float(row["sell_usd"])
                change = math.log(float(price["close"]) / float(price["open"]))
                out.append((buy - sell, change, buy + sell, row["time_utc"]))
    return out


def of_run(folder):
    database = sqlite3.connect(f"file:{folder / 'run.db'}?mode=ro", uri=True)
    rows = database.execute(
        "SELECT s.time_ns / 1000000000, s.close, s.volume_usd_micro / 1e6, s.taker_net_usd_micro / 1e6 "
        "FROM series s JOIN instruments i USING (instrument) WHERE i.name = 'A:BTC-PERP' ORDER BY 1"
    ).fetchall()
    windows = {}
    for second, close, volume, net in rows:
        windows.setdefault((second - 1) // WINDOW_S, []).append((close, volume, net))
    return [
        (sum(row[2] for row in part), math.log(part[-1][0] / part[0][0]), sum(row[1] for row in part))
        for part in windows.values()
    ]


def line(name, figures):
    return (
        f"{name:<24} {figures['windows']:>7} {figures['volume'] / 1e9:>8.2f} {100 * figures['daily']:>8.2f} "
        f"{figures['slope']:>6.2f} {figures['r2']:>5.2f} {100 * figures['flow']:>6.1f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", type=pathlib.Path)
    parser.add_argument("--shared", type=pathlib.Path)
    options = parser.parse_args()
    if not options.runs and not options.shared:
        parser.error("give run folders or --shared")
    print(f"{'':<24} {'windows':>7} {'bn/4 h':>8} {'%/day':>8} {'slope':>6} {'R2':>5} {'flow %':>6}")
    if options.shared:
        rows = measured(options.shared)
        print(line("measured, all", law(rows)))
        for start, end in (("2025-05", "2025-07"), ("2025-07", "2025-09"), ("2025-09", "2025-10-10"), ("2025-10-10", "2025-12")):
            print(line(f"  {start} to {end}", law([row for row in rows if start <= row[3] < end])))
        by_flow = sorted(rows, key=lambda row: abs(row[0]))
        scale = law(rows)["daily"]
        for part, name in ((slice(0, len(rows) // 2), "smaller half of flows"), (slice(-len(rows) // 10, None), "largest tenth")):
            some = by_flow[part]
            volume = statistics.fmean(row[2] for row in rows)
            slope = sum(row[0] * row[1] for row in some) / sum(row[0] ** 2 for row in some) * volume / scale
            print(f"  {name:<22} {len(some):>7} {'':>8} {'':>8} {slope:>6.2f}")
    if options.runs:
        print(line("model", law([row for folder in options.runs for row in of_run(folder)])))
    return 0


if __name__ == "__main__":
    sys.exit(main())

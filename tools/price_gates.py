#!/usr/bin/env python3
"""Runs the gates of price formation that need no imposed prices and writes their table (docs/experiments/price-formation.md).

    tools/price_gates.py build/release/bin/margincall                      seeds 1 to 8, reduced size
    tools/price_gates.py MARGINCALL --seeds 101-116 --size full            other seeds, full size
    tools/price_gates.py MARGINCALL --set agents.patient.to="20 %" --print one key otherwise, on the terminal only

State and loop: 10 October from 12:00 to 21:45 UTC without a push of its own. Calm: the quiet day. 4 November whole.
Measured figures: data set flow-2025-10-10; bands: the design's."""
import argparse
import concurrent.futures
import json
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "experiments" / "price-formation.md"
NEWS_S, BEFORE_S, END_S = 31_800, 31_740, 35_100  # 20:50, 20:49 and 21:45 after 12:00
STEEP_FROM_S, STEEP_TO_S, TWENTY_S = 30_600, 34_800, 1_200  # windows inside 20:30 to 21:40
CUT = ['clock.length="9.75 h"', 'clock.day_to="9.75 h"']


def percent(now, before):
    return 100.0 * (now / before - 1.0)


class Run:
    """The tables of one run that the gates look at."""

    def __init__(self, options, scenario, seed, sets):
        self.folder = tempfile.TemporaryDirectory(prefix="margincall-gates-")
        command = [options.margincall, "run", str(ROOT / "scenarios" / f"{scenario}.toml"), "--seed", str(seed), "--out",
                   f"{self.folder.name}/run", "--progress", "none", "-q", "--set", f"world.size={options.size}"]
        for pair in sets + options.set:
            command += ["--set", pair]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{done.stderr}exit {done.returncode}")
        self.db = sqlite3.connect(f"file:{self.folder.name}/run/run.db?mode=ro", uri=True)
        metrics = json.loads(pathlib.Path(f"{self.folder.name}/run/summary.json").read_text())["metrics"]
        self.metrics = {name: row["value"] for name, row in metrics.items()}
        self.names = [name for (name,) in self.db.execute("SELECT name FROM instruments ORDER BY instrument")]

    def bars(self, name, column):
        """(seconds, value) of one book."""
        rows = self.db.execute(f"SELECT time_ns, {column} FROM series JOIN instruments USING (instrument) "
                               "WHERE name = ? ORDER BY time_ns", (name,))
        return [(ns / 1e9, value) for ns, value in rows]

    def books(self, ending):
        return [name for name in self.names if name.endswith(ending)]

    def total(self, ending, column, at_s):
        return sum(at(self.bars(name, column), at_s) for name in self.books(ending))

    def liquidated_bn(self, from_s, to_s, kind=None):
        chosen = "" if kind is None else f" AND kind = {kind}"
        return (self.db.execute("SELECT sum(notional_usd_micro) / 1e15 FROM liquidations WHERE time_ns >= ? AND "
                                f"time_ns < ?{chosen}", (from_s * 10**9, to_s * 10**9)).fetchone()[0] or 0.0)


def at(rows, second):
    return [value for time, value in rows if time <= second][-1]


def within(rows, first, last):
    return [(time, value) for time, value in rows if first <= time <= last]


def coins(run):
    return sorted({name.split(":")[1].removesuffix("-PERP") for name in run.books("-PERP")})


def tail(run):
    known = {"BTC", "ETH", "SOL", "XRP", "BNB", "DOGE"}
    return [coin for coin in coins(run) if coin not in known]


def perp_of(run, coin):
    own = [name for name in run.books(f":{coin}-PERP")]
    return f"A:{coin}-PERP" if f"A:{coin}-PERP" in own else own[0]


def crash(options, seed):
    run = Run(options, "2025-10-10", seed, CUT)
    index = {coin: run.bars(perp_of(run, coin), "idx") for coin in coins(run)}
    mark = run.bars("A:BTC-PERP", "mark")
    btc = index["BTC"]
    low_s, low = min(within(btc, NEWS_S, END_S), key=lambda bar: bar[1])
    steep = min(percent(value, before) for time, before in within(mark, STEEP_FROM_S, STEEP_TO_S)
                for later, value in within(mark, time, min(time + TWENTY_S, STEEP_TO_S)) if later >= time)

    def fall(coin):
        rows = index[coin]
        return percent(min(value for _, value in within(rows, NEWS_S, END_S)), at(rows, NEWS_S))

    def interest(coin):
        last = run.total(f":{coin}-PERP", "open_interest_coins", END_S)
        return percent(last, run.total(f":{coin}-PERP", "open_interest_coins", NEWS_S))

    forced = run.liquidated_bn(NEWS_S, END_S)
    bids = run.total(":BTC-PERP", "bid_2_usd_micro", BEFORE_S) + run.total(":BTC-SPOT", "bid_2_usd_micro", BEFORE_S)
    calm = run.total(":BTC-PERP", "bid_2_usd_micro", 600) + run.total(":BTC-SPOT", "bid_2_usd_micro", 600)
    return {
        "state: BTC at 20:49, %": percent(at(btc, BEFORE_S), btc[0][1]),
        "state: farthest tail coin at 20:49, %": min(percent(at(index[c], BEFORE_S), index[c][0][1]) for c in tail(run)),
        "state: liquidated 12:00-20:50, bn USD": run.liquidated_bn(0, NEWS_S),
        "state: bids within 2 % of their start, %": 100.0 * bids / calm,
        "loop: steepest 20 min of A's BTC mark, %": steep,
        "loop: BTC index from 20:50 to the low, %": percent(low, at(btc, NEWS_S)),
        "loop: rebound within 20 min, %": percent(max(v for _, v in within(btc, low_s, low_s + TWENTY_S)), low),
        "loop: ETH, %": fall("ETH"),
        "loop: SOL, %": fall("SOL"),
        "loop: tail, mean, %": statistics.fmean(fall(coin) for coin in tail(run)),
        "loop: open interest of BTC, %": interest("BTC"),
        "loop: open interest of ETH, %": interest("ETH"),
        "loop: open interest of SOL, %": interest("SOL"),
        "loop: liquidated from 20:50, bn USD": forced,
        "loop: of it in a book, %": 100.0 * run.liquidated_bn(NEWS_S, END_S, 0) / forced if forced else 0.0,
        "loop: of it by ADL, %": 100.0 * run.liquidated_bn(NEWS_S, END_S, 2) / forced if forced else 0.0,
    }


def lows(run):
    for coin in coins(run):
        rows = run.bars(perp_of(run, coin), "idx")
        yield coin, percent(min(value for _, value in rows), rows[0][1])


def calm(options, seed):
    run = Run(options, "quiet-2025-11", seed, [])
    out = {f"calm: low of {coin}, %": low for coin, low in lows(run)}
    out["calm: reported liquidations, bn USD"] = run.metrics["liquidated_reported_usd"] / 1e9
    out["calm: volume of BTC, bn USD"] = sum(value for name in run.books("BTC-PERP") + run.books("BTC-SPOT")
                                              for _, value in run.bars(name, "volume_usd_micro")) / 1e15
    return out


def november(options, seed):
    run = Run(options, "2025-11-04", seed, [])
    m = run.metrics
    return {
        "4 November: BTC open to low of the day, %": 100.0 * m["btc_fall_open_to_low"],
        "4 November: ETH open to low of the day, %": 100.0 * m["eth_fall_open_to_low"],
        "4 November: reported liquidations, bn USD": m["liquidated_reported_usd"] / 1e9,
        "4 November: open interest of BTC, %": 100.0 * m["oi_btc_change"],
        "4 November: open interest of ETH, %": 100.0 * m["oi_eth_change"],
        "4 November: largest minute, bn USD": m["peak_minute_usd"] / 1e9,
        "4 November: ADL, bn USD": m["adl_usd"] / 1e9,
    }


# Bands for the median: the design's gates, and for 4 November those of the scenario's observed figures.
BANDS = {
    "state: BTC at 20:49, %": (-4.5, -3.3), "state: farthest tail coin at 20:49, %": (-8, -2),
    "state: liquidated 12:00-20:50, bn USD": (1, 3), "state: bids within 2 % of their start, %": (60, None),
    "loop: steepest 20 min of A's BTC mark, %": (-12, -6), "loop: BTC index from 20:50 to the low, %": (-11, -7),
    "loop: rebound within 20 min, %": (4, 10), "loop: ETH, %": (-22, -10), "loop: SOL, %": (-38, -18),
    "loop: tail, mean, %": (-55, -30), "loop: open interest of BTC, %": (-18, -12),
    "loop: open interest of ETH, %": (-22, -15), "loop: open interest of SOL, %": (-28, -18),
    "calm: low of BTC, %": (-2.5, None), "calm: low of ETH, %": (-4.2, None), "calm: low of SOL, %": (-4.95, None),
    "calm: low of XRP, %": (-5.0, None), "calm: low of tail, %": (-4.7, None),
    "calm: reported liquidations, bn USD": (0.1, 0.4), "4 November: largest minute, bn USD": (None, 0.3),
    "4 November: BTC open to low of the day, %": (-8.2, -6.2), "4 November: ETH open to low of the day, %": (-17.2, -13.2),
    "4 November: reported liquidations, bn USD": (1.52, 2.54), "4 November: open interest of BTC, %": (-1.4, 4.6),
    "4 November: open interest of ETH, %": (-10.8, -4.8),
}


def table(rows):
    lines = ["| figure | lowest | median | highest | asked | met |", "| --- | --- | --- | --- | --- | --- |"]
    for name in rows[0]:
        values = [row[name] for row in rows]
        middle = statistics.median(values)
        low, high = BANDS.get(name, (None, None))
        asked = "" if low is None and high is None else (f"{low:g} to {high:g}" if None not in (low, high) else
                                                         f"above {low:g}" if high is None else f"below {high:g}")
        met = "" if not asked else "yes" if (low is None or middle >= low) and (high is None or middle <= high) else "**no**"
        lines.append(f"| {name} | {min(values):.2f} | {middle:.2f} | {max(values):.2f} | {asked} | {met} |")
    return lines


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("margincall")
    ask.add_argument("--seeds", default="1-8")
    ask.add_argument("--size", default="reduced", choices=["reduced", "full"])
    ask.add_argument("--set", action="append", default=[])
    ask.add_argument("--only", default="crash,calm,november")
    ask.add_argument("--print", action="store_true")
    options = ask.parse_args()
    first, _, last = options.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    gates = {"crash": crash, "calm": calm, "november": november}
    merged = [{} for _ in seeds]
    for name in options.only.split(","):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for row, more in zip(merged, pool.map(lambda seed, gate=gates[name]: gate(options, seed), seeds)):
                row.update(more)
    lines = [f"Seeds {options.seeds}, {options.size} size{', ' + ', '.join(options.set) if options.set else ''}.", ""] + table(merged)
    if options.print:
        print("\n".join(lines))
        return
    page = PAGE.read_text()
    begin, end = "<!-- table gates -->", "<!-- end gates -->"
    head, rest = page.split(begin)
    PAGE.write_text(head + begin + "\n" + "\n".join(lines) + "\n" + end + rest.split(end)[1])
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The limits that the model must reach (docs/experiments/limits.md; model 14.6), each on the same seeds.

    tools/limits.py build/release/bin/margincall --out DIR --seeds 8              prints the table
    tools/limits.py BINARY --out DIR --page docs/experiments/limits.md            replaces it in the page
    tools/limits.py BINARY --out DIR --surface [--page ...]                       severity over leverage and depth instead (model 14.5)

Worlds are kept in DIR, and the same command goes on with them. Needs Python 3 alone."""
import argparse
import csv
import io
import json
import math
import os
import pathlib
import statistics

from lab_pages import call, replace_tables

# The shipped experiment: three billion of BTC sold in half an hour, in the reduced world.
FLASH = ["scenarios/flash.toml", "--set", "world.size=reduced", "--set", "clock.length=4 h", "--set", "clock.day_to=4 h"]
QUIET = ["scenarios/quiet-2025-11.toml", "--set", "world.size=reduced", "--set", "clock.length=4 h", "--set", "clock.day_to=4 h"]
LEAST_FALL = 0.005  # as of `amplify`
# What a limit sets: no leverage above one; makers whose losses and inventory bound nothing and who do not withdraw; nobody patient;
# no fees, no threshold and no limit of arbitrage.
NO_LEVERAGE = ["population.leverage_state=0.01"]
MAKERS = ["agents.market_maker.capital=1000 bn USD", "mechanisms.maker_losses=false", "agents.market_maker.frozen=true"]
NO_PATIENCE = ["agents.patient.enabled=false"]
ARBITRAGE = ["agents.arbitrage.unlimited=true", "mechanisms.overload=false", "venues.*.fees.taker=0 %", "venues.*.fees.maker=0 %"]


LEVERAGES, DEPTHS = ["1.2", "1.6", "2.4", "3.6", "4.8"], ["0.25", "0.5", "0.75", "1"]


def sets(values):
    return [word for value in values for word in ("--set", value)]


class Lab:
    def __init__(self, binary, out, seeds):
        self.binary, self.out, self.seeds = os.path.abspath(binary), out, seeds
        self.lines = []  # command lines, as they stand in the page

    def call(self, *arguments):
        return call(self.binary, *arguments)

    def sweep(self, name, values, varies):
        """Falls of BTC at the low by seed, a list a cell of the grid, in its order (the last key fastest)."""
        folder = self.out / name
        words = ["sweep", *FLASH, *sets(values), *(word for vary in varies for word in ("--vary", vary)), "--paths", str(self.seeds),
                 "--seed-from", "1"]
        self.lines.append("margincall " + " ".join(f'"{w}"' if " " in w else w for w in words))
        self.call(*words, "--workers", "1", "--progress", "none", "-q", "--out", str(folder), "--resume")
        plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        falls = [{} for _ in plan["cells"]]
        for part in sorted((folder / "parts").glob("*.jsonl")):
            for row in map(json.loads, part.read_text(encoding="utf-8").splitlines()):
                falls[row["index"] // plan["paths"]][row["seed"]] = row["metrics"]["btc_fall_open_to_low"]
        return falls

    def pairs(self, name, values):
        """Falls of BTC at the low with and without forced orders, by seed."""
        return paired(*self.sweep(name, values, ["mechanisms.forced_orders=true,false"]))

    def basis(self, name, values):
        """By seed the median over minutes of the absolute gap of perp and spot at the reference venue, bps of mids."""
        out = []
        for seed in range(1, self.seeds + 1):
            folder = self.out / f"{name}-{seed}"
            words = ["run", *QUIET, *sets(values), "--seed", str(seed)]
            if seed == 1:
                self.lines.append("margincall " + " ".join(f'"{w}"' if " " in w else w for w in words))
            if not (folder / "manifest.json").exists():
                self.call(*words, "--progress", "none", "-q", "--out", str(folder))
            sql = ("SELECT p.bid, p.ask, s.bid, s.ask FROM series p JOIN series s ON p.time_ns = s.time_ns "
                   "JOIN instruments pi ON p.instrument = pi.instrument JOIN instruments si ON s.instrument = si.instrument "
                   "JOIN assets pa ON pi.asset = pa.asset WHERE pi.kind = 'perp' AND si.kind = 'spot' AND pi.venue = si.venue AND "
                   "pi.asset = si.asset AND pa.name = 'BTC' AND pi.venue = (SELECT min(venue) FROM venues) AND p.bid > 0 AND s.bid > 0")
            table = list(csv.reader(io.StringIO(self.call("query", str(folder), sql, "--csv"))))[1:]
            gaps = [abs(1e4 * ((float(pb) + float(pa)) / (float(sb) + float(sa)) - 1)) for pb, pa, sb, sa in table]
            out.append(statistics.median(gaps))
        return out


def paired(whole, without):
    """By seed both falls, and A where the market without forced orders falls 0.5 % or more."""
    return [{"whole": fall, "without": without[seed], "ratio": fall / without[seed] if without[seed] <= -LEAST_FALL else None}
            for seed, fall in sorted(whole.items())]


def student(n):
    """95 % quantile of Student's t, for 2 to 32 degrees as tabulated (Abramowitz and Stegun 1964, table 26.10)."""
    table = [6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.740,
             1.734, 1.729, 1.725, 1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701, 1.699, 1.697, 1.696, 1.694]
    return table[n - 2] if n - 2 < len(table) else 1.645


def interval(values):
    mean = statistics.fmean(values)
    half = student(len(values)) * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.inf
    return mean, mean - half, mean + half


def text(values, form):
    mean, low, high = interval(values)
    return f"{form.format(mean)} [{form.format(low)} … {form.format(high)}]"


def ratio(pairs):
    return [p["ratio"] for p in pairs if p["ratio"] is not None]


def verdict(values, holds, breaks):
    """Met or missed when the interval says so."""
    _, low, high = interval(values)
    return "met" if holds(low, high) else "**missed**" if breaks(low, high) else "not known"


def table(lab):
    today = lab.pairs("today", [])
    calm = lab.pairs("no-leverage", NO_LEVERAGE)
    makers = lab.pairs("makers", MAKERS)
    bare = lab.pairs("no-patience", NO_PATIENCE)
    gap, none = lab.basis("quiet", []), lab.basis("arbitrage", ARBITRAGE)
    deeper = [100 * (b["whole"] - t["whole"]) for b, t in zip(bare, today)]
    rows = [("as it is", "A", text(ratio(today), "{:.3f}"), "", ""),
            ("", "BTC at the low, %", text([100 * p["whole"] for p in today], "{:.2f}"), "", ""),
            ("leverage to nothing", "A", text(ratio(calm), "{:.4f}"), "1",
             verdict(ratio(calm), lambda a, b: a <= 1 <= b, lambda a, b: a > 1 or b < 1).replace("met", "cannot be told from it")),
            ("unlimited makers", "A", text(ratio(makers), "{:.3f}"), "below 1.1",
             verdict(ratio(makers), lambda a, b: b < 1.1, lambda a, b: a >= 1.1)),
            ("no patient bids", "points deeper at the low", text(deeper, "{:.2f}"), "far deeper",
             verdict(deeper, lambda a, b: b < 0, lambda a, b: a > 0)),
            ("as it is, quiet", "median absolute basis, bps", text(gap, "{:.2f}"), "", ""),
            ("no fees, unlimited arbitrage, quiet", "median absolute basis, bps", text(none, "{:.2f}"), "below 1",
             verdict(none, lambda a, b: b < 1, lambda a, b: a >= 1))]
    out = [f"Seeds 1 to {lab.seeds}; mean and 90 % interval (Student) over seeds.", "",
           "| limit | figure | value | should be | |", "| --- | --- | --- | --- | --- |"]
    out += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(out + ["", "```", *lab.lines, "```"]) + "\n"


def surface(lab):
    """Severity of the same sale over the median leverage of cross accounts and the depth that makers show."""
    falls = lab.sweep("surface", [], ["population.cross.leverage_median=" + ",".join(LEVERAGES),
                                      "agents.market_maker.depth_state=" + ",".join(DEPTHS), "mechanisms.forced_orders=true,false"])
    cells = [paired(falls[k], falls[k + 1]) for k in range(0, len(falls), 2)]
    out = [f"Seeds 1 to {lab.seeds}; mean and 90 % interval (Student) over seeds."]
    for name, of in (("BTC at the low, %", lambda cell: text([100 * p["whole"] for p in cell], "{:.2f}")),
                     ("A", lambda cell: text(ratio(cell), "{:.3f}") if len(ratio(cell)) > 1 else "not known")):
        out += ["", f"{name}, by leverage (down) and depth of a calm market's (across):", "",
                "| | " + " | ".join(f"{100 * float(depth):.0f} %" for depth in DEPTHS) + " |", "| --- |" + " --- |" * len(DEPTHS)]
        for row, leverage in enumerate(LEVERAGES):
            line = cells[row * len(DEPTHS):(row + 1) * len(DEPTHS)]
            out.append(f"| {leverage} | " + " | ".join(of(cell) for cell in line) + " |")
    return "\n".join(out + ["", "```", *lab.lines, "```"]) + "\n"


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("binary")
    ask.add_argument("--out", required=True, type=pathlib.Path, help="folder of the worlds")
    ask.add_argument("--seeds", type=int, default=8)
    ask.add_argument("--surface", action="store_true", help="severity over leverage and depth instead of the limits")
    ask.add_argument("--page", help="replaces what stands between the marks of this page")
    options = ask.parse_args()
    options.out = options.out.resolve()
    made = (surface if options.surface else table)(Lab(options.binary, options.out, options.seeds))
    if not options.page:
        print(made, end="")
        return
    replace_tables(options.page, {"surface" if options.surface else "limits": f"\n{made}"})


if __name__ == "__main__":
    main()

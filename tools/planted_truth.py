#!/usr/bin/env python3
"""Planted truth: does an attribution find causes that are known? (docs/planted-truth.md)

    tools/planted_truth.py PROGRAM SCENARIO -o DIR [--crashes 10] [--seeds 6] [--truth-seeds 32] [--players A,B,...]
                           [--set KEY=VALUE ...] [--from T] [--until T] [--workers N]

For every crash a draw from the scenario's [ranges] is hidden from the attribution, which has seeds and draws of its own.
The truth is the mean of the Shapley values at the hidden draw over other seeds. Written: DIR/planted.json and planted.csv,
of every player and outcome in how many crashes each interval holds the truth, with the 90 % interval of that share
(Clopper and Pearson 1934). What is there is not run again.

    tools/planted_truth.py --check          the arithmetic on known cases
"""

import argparse
import csv
import json
import math
import subprocess
import sys
from pathlib import Path

HIDDEN_SEED = 1_000_000  # draws of the crashes; no attribution has these seeds
TRUTH_SEED = 2_000_000
ATTRIBUTION_SEED = 3_000_000
STRIDE = 1000  # seeds a crash


def tail(n, least, p):
    """Probability of `least` or more of n."""
    return sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(least, n + 1))


def share_interval(kept, n, one_side=0.05):
    """Ends of the 90 % interval of a share, by bisection of their definition."""
    def solve(holds):
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if holds(middle) else (low, middle)
        return low
    low = 0.0 if kept == 0 else solve(lambda p: tail(n, kept, p) < one_side)
    high = 1.0 if kept == n else solve(lambda p: 1 - tail(n, kept + 1, p) > one_side)
    return low, high


INTERVALS = {
    # name: (lower end, upper end) in a spread of attribution.json
    "prediction": ("next_low", "next_high"),
    "percentiles": ("p05", "p95"),
}


def coverage(crashes):
    """`crashes`: of each {(outcome, player): (spread of the attribution, spread of the truth)}."""
    rows = {}
    for crash in crashes:
        for key, (found, truth) in crash.items():
            row = rows.setdefault(key, {"crashes": 0, "held": dict.fromkeys(INTERVALS, 0), "errors": [], "truth_se": []})
            row["crashes"] += 1
            row["errors"].append(found["mean"] - truth["mean"])
            row["truth_se"].append(truth["se"])
            for name, (low, high) in INTERVALS.items():
                if found[low] is not None and found[low] <= truth["mean"] <= found[high]:
                    row["held"][name] += 1
    out = []
    for (outcome, player), row in sorted(rows.items()):
        n = row["crashes"]
        one = {"outcome": outcome, "player": player, "crashes": n, "mean_error": sum(row["errors"]) / n,
               "truth_standard_error": sum(row["truth_se"]) / n}
        for name, held in row["held"].items():
            low, high = share_interval(held, n)
            one[name] = {"held": held, "share": held / n, "low": low, "high": high}
        out.append(one)
    return out


def check():
    """The arithmetic on cases that are known."""
    assert share_interval(0, 0x10)[0] == 0.0 and share_interval(5, 5)[1] == 1.0
    assert abs(share_interval(59, 59)[0] - 0.05 ** (1 / 59)) < 1e-12
    low, high = share_interval(7, 12)
    assert abs(tail(12, 7, low) - 0.05) < 1e-9 and abs(1 - tail(12, 8, high) - 0.05) < 1e-9
    def spread(mean, half):
        return {"mean": mean, "next_low": mean - half, "next_high": mean + half, "p05": mean - half / 4, "p95": mean + half / 4}
    key = ("liquidated", "leverage")
    rows = coverage([{key: (spread(10, 4), {"mean": truth, "se": 1.0})} for truth in (6, 9, 11, 14, 14.1)])
    assert rows[0]["prediction"]["held"] == 4 and rows[0]["percentiles"]["held"] == 2 and rows[0]["crashes"] == 5
    assert abs(rows[0]["mean_error"] - (10 - (6 + 9 + 11 + 14 + 14.1) / 5)) < 1e-12
    unknown = dict(spread(10, 4), next_low=None, next_high=None)  # of one seed
    assert coverage([{key: (unknown, {"mean": 10, "se": 1.0})}])[0]["prediction"]["held"] == 0
    print("planted_truth: the arithmetic holds")


def run(command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr[-2000:]}")
    return done.stdout


def shares_of(folder):
    data = json.loads((folder / "attribution.json").read_text())
    found = {(outcome["name"], share["player"]): share["shapley"]
             for outcome in data["outcomes"] for share in outcome["shares"] if share["shapley"]}
    return found, data


def attribute(options, name, scenario, seed, paths, more):
    folder = options.out / name
    command = [options.program, "attribute", scenario, "--paths", paths, "--seed-from", seed, "-o", folder, "--quiet",
               "--players", options.players, *more]
    for key in ("from", "until"):
        value = getattr(options, key + "_")
        command += [f"--{key}", value] if value else []
    if options.workers:
        command += ["--workers", options.workers]
    run(command + (["--resume"] if (folder / "plan.json").exists() else []))
    return shares_of(folder)


def main():
    if sys.argv[1:] == ["--check"]:
        return check()
    parser = argparse.ArgumentParser(description="Does an attribution find causes that are known?")
    parser.add_argument("program")
    parser.add_argument("scenario")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--crashes", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--truth-seeds", type=int, default=32)
    parser.add_argument("--players", default="leverage,makers")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--from", dest="from_", default="")
    parser.add_argument("--until", dest="until_", default="")
    parser.add_argument("--workers", type=int, default=0)
    options = parser.parse_args()
    if not 2 <= options.seeds <= STRIDE or not 2 <= options.truth_seeds <= STRIDE or options.crashes < 1:
        sys.exit(f"planted_truth: 2 to {STRIDE} seeds, 1 crash or more")
    options.out.mkdir(parents=True, exist_ok=True)
    # The resolved text, so that hidden values act where an attribution's own draws do: after the size of the world.
    sets = options.set if any(one.startswith("world.size=") for one in options.set) else ["world.size=reduced", *options.set]
    base = options.out / "base.toml"
    base.write_text(run([options.program, "explain", options.scenario, *(word for one in sets for word in ("--set", one))]))
    size = [word for one in sets if one.startswith("world.size=") for word in ("--set", one)]
    crashes, hidden, hours = [], [], 0.0
    for crash in range(options.crashes):
        values = run([options.program, "explain", base, "--draw", HIDDEN_SEED + crash]).split("\n")[:-1]
        if not values:
            sys.exit(f"planted_truth: {options.scenario} has no [ranges]: nothing can be hidden")
        more = [word for value in values for word in ("--set", value)]
        truth, told = attribute(options, f"truth-{crash:03}", base, TRUTH_SEED + STRIDE * crash, options.truth_seeds,
                                ["--no-draw", *size, *more])
        hours += told["core_hours"]
        found, told = attribute(options, f"found-{crash:03}", base, ATTRIBUTION_SEED + STRIDE * crash, options.seeds, size)
        hours += told["core_hours"]
        crashes.append({key: (found[key], truth[key]) for key in found if key in truth})
        hidden.append(values)
        print(f"crash {crash + 1} of {options.crashes}: {hours:.2f} core hours", file=sys.stderr)
    rows = coverage(crashes)
    out = {"scenario": options.scenario, "set": sets, "players": options.players.split(","), "crashes": options.crashes,
           "seeds": options.seeds, "truth_seeds": options.truth_seeds, "core_hours": hours, "hidden": hidden, "rows": rows,
           "shares": [[{"outcome": o, "player": p, "found": f, "truth": t} for (o, p), (f, t) in crash.items()]
                      for crash in crashes]}
    (options.out / "planted.json").write_text(json.dumps(out, indent=1) + "\n")
    with open(options.out / "planted.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["outcome", "player", "crashes", "mean_error", "truth_standard_error"]
                       + [f"{name}_{part}" for name in INTERVALS for part in ("held", "share", "low", "high")])
        for row in rows:
            table.writerow([row["outcome"], row["player"], row["crashes"], row["mean_error"], row["truth_standard_error"]]
                           + [row[name][part] for name in INTERVALS for part in ("held", "share", "low", "high")])
    for row in rows:
        told = "; ".join(f"{name} {row[name]['held']} of {row['crashes']} ({100 * row[name]['low']:.0f} … "
                         f"{100 * row[name]['high']:.0f} %)" for name in INTERVALS)
        print(f"{row['outcome']:14} {row['player']:10} {told}")
    print(f"{hours:.2f} core hours")


if __name__ == "__main__":
    main()

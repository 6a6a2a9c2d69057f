#!/usr/bin/env python3
"""Compares the reduced world with the full one, seed by seed (docs/reduced-world.md).

    tools/compare_sizes.py build/release/bin/margincall --seeds 1-8     runs both sizes, writes the page and the figures
    tools/compare_sizes.py --from runs/a runs/b ...                     the same from folders of `run --paths` of both sizes
    tools/compare_sizes.py build/release/bin/margincall --check         two reduced worlds against the stored figures of
                                                                        the full ones; exit 1 if they are off

Finished runs are kept in build/compare_sizes, by program, scenario, size and seed, so that the command can be stopped
and started again. Two processes run at once. Written: docs/experiments/reduced-world.md, tests/data/full_size_figures.json.
"""
import argparse
import concurrent.futures
import hashlib
import json
import math
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/experiments/reduced-world.md"
FIGURES = ROOT / "tests/data/full_size_figures.json"
CACHE = ROOT / "build/compare_sizes"
SCENARIOS = ["2025-11-04", "2025-10-10", "quiet-2025-11"]
FALL, FORCED, ACCOUNTS = "btc_fall_open_to_low", "liquidated_true_usd", "accounts_true"
METRICS = [FALL, FORCED, ACCOUNTS, "eth_fall_open_to_low", "long_share_true", "peak_hour_usd", "oi_btc_change",
           "oi_eth_change", "depth_1pct_min_share", "adl_usd"]
# What docs/reduced-world.md promises: points of the fall, and bounds of the ratio and of its 90 % interval.
FALL_POINTS, RATIO_NEAR, RATIO_WIDE = 0.5, (0.90, 1.10), (0.80, 1.25)
# --check: the first two seeds of the day whose figures scatter least between the sizes (a factor of 1.15 a pair), and bounds of
# about three standard deviations of their mean.
CHECK_SCENARIO, CHECK_PAIRS = "quiet-2025-11", 2
CHECK_FALL_POINTS, CHECK_RATIO = 3.0, (0.7, 1.4)
# 95 % quantile of Student's t by degrees of freedom: two-sided 90 % intervals.
STUDENT = [6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753,
           1.746, 1.740, 1.734, 1.729, 1.725, 1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701, 1.699, 1.697]


def seeds_of(text):
    out = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        out += range(int(first), int(last or first) + 1)
    return out


def run_once(binary, scenario, size, seed):
    """Runs one world and returns its figures with CPU time and peak memory of the process."""
    with tempfile.TemporaryDirectory(prefix="margincall-sizes-") as folder:
        command = [str(binary), "run", str(ROOT / f"scenarios/{scenario}.toml"), "--seed", str(seed), "--set",
                   f"world.size={size}", "--progress", "none", "-q", "--out", f"{folder}/run"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{errors}exit {process.returncode}")
        summary = json.loads(pathlib.Path(f"{folder}/run/summary.json").read_text())
    return {"scenario_hash": summary["scenario_hash"], "seed": seed, "world_s": summary["wall_s"],
            "cpu_s": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024,
            "messages": summary["messages"], "accounts": summary["accounts"],
            "metrics": {name: summary["metrics"][name]["value"] for name in METRICS}}


def cached(binary, program, scenario, size, seed):
    path = CACHE / f"{program}-{scenario}-{size}-{seed}.json"
    if path.exists():
        return json.loads(path.read_text())
    row = run_once(binary, scenario, size, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(row))
    partial.replace(path)
    print(f"{scenario} {size} seed {seed}: {row['world_s']:.1f} s, fall {100 * row['metrics'][FALL]:.2f} %, "
          f"forced {row['metrics'][FORCED] / 1e9:.2f} bn", file=sys.stderr)
    return row


def rows_of(folder):
    """Scenario, size and the rows of a finished folder of many paths, by seed."""
    summary = json.loads((folder / "summary.json").read_text())
    db = sqlite3.connect(f"file:{folder}/run.db?mode=ro", uri=True)
    rows = {}
    for seed, metric, value in db.execute("SELECT seed, metric, value FROM path_metrics"):
        row = rows.setdefault(int(seed), {"scenario_hash": summary["scenario_hash"], "seed": int(seed),
                                          "world_s": None, "cpu_s": None, "peak_mb": None,
                                          "messages": summary["messages"] / summary["paths"],
                                          "accounts": summary["accounts"], "metrics": dict.fromkeys(METRICS)})
        if metric in METRICS:
            row["metrics"][metric] = value
    return summary["scenario"], summary["size"], rows


def interval(values):
    """Mean and half of the 90 % interval of the mean."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, math.inf
    t = STUDENT[min(len(values) - 1, len(STUDENT)) - 1]
    return mean, t * statistics.stdev(values) / math.sqrt(len(values))


def ratio_of(pairs, name):
    """Geometric mean of reduced over full, with the ends of its 90 % interval."""
    logs = [math.log(r["metrics"][name] / f["metrics"][name]) for f, r in pairs
            if f["metrics"][name] and r["metrics"][name] and f["metrics"][name] > 0 and r["metrics"][name] > 0]
    if not logs:
        return None
    mean, half = interval(logs)
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def median(rows, name):
    values = [row["metrics"][name] for row in rows if row["metrics"][name] is not None]
    return statistics.median(values) if values else None


def shown(name, value):
    if value is None:
        return "-"
    if name.endswith("_usd"):
        return f"{value / 1e9:.2f} bn" if abs(value) >= 1e9 else f"{value / 1e6:.0f} m"
    if name == ACCOUNTS:
        return f"{value:,.0f}"
    return f"{100 * value:.2f} %"


def verdict(ok):
    return "yes" if ok else "**no**"


def compare(scenario, pairs):
    """Lines of the page for one scenario."""
    full, reduced = [f for f, _ in pairs], [r for _, r in pairs]
    lines = [f"## {scenario}", "", f"{len(pairs)} pairs of seeds {', '.join(str(f['seed']) for f in full)}.", "",
             "| figure | full, median | reduced, median | reduced less or over full | 90 % interval | as promised |",
             "| --- | --- | --- | --- | --- | --- |"]
    for name in METRICS:
        a, b = median(full, name), median(reduced, name)
        if a is None or b is None:
            continue
        if name.endswith("_usd") or name == ACCOUNTS:
            ratio = ratio_of(pairs, name)
            if ratio is None:
                continue
            middle, low, high = ratio
            promise = "" if name not in (FORCED, ACCOUNTS) else verdict(
                RATIO_NEAR[0] <= middle <= RATIO_NEAR[1] and RATIO_WIDE[0] <= low and high <= RATIO_WIDE[1])
            lines.append(f"| `{name}` | {shown(name, a)} | {shown(name, b)} | x {middle:.2f} | {low:.2f} to {high:.2f} "
                         f"| {promise} |")
        else:
            mean, half = interval([r["metrics"][name] - f["metrics"][name] for f, r in pairs
                                   if r["metrics"][name] is not None and f["metrics"][name] is not None])
            promise = verdict(abs(100 * (b - a)) <= FALL_POINTS) if name == FALL else ""
            lines.append(f"| `{name}` | {shown(name, a)} | {shown(name, b)} | {100 * mean:+.2f} points "
                         f"| {100 * (mean - half):+.2f} to {100 * (mean + half):+.2f} | {promise} |")
    if any(row["cpu_s"] is None for row in full + reduced):  # from folders: what a world costs is not known
        return lines + ["", "Messages: " + ", ".join(
            f"{word} {statistics.median(r['messages'] for r in rows) / 1e6:.2f} m"
            for word, rows in (("full", full), ("reduced", reduced))) + ".", ""]
    lines += ["", "| world | messages | accounts at the start | seconds, the world alone | CPU seconds, the program | peak memory |",
              "| --- | --- | --- | --- | --- | --- |"]
    for word, rows in (("full", full), ("reduced", reduced)):
        lines.append(f"| {word} | {statistics.median(r['messages'] for r in rows) / 1e6:.2f} m "
                     f"| {statistics.median(r['accounts'] for r in rows) / 1e6:.2f} m "
                     f"| {statistics.median(r['world_s'] for r in rows):.1f} "
                     f"| {statistics.median(r['cpu_s'] for r in rows):.1f} "
                     f"| {statistics.median(r['peak_mb'] for r in rows):.0f} MB |")
    return lines + [""]


HEAD = """# The reduced world against the full one

Written by `tools/compare_sizes.py`; what is merged and why is in [reduced-world.md](../reduced-world.md). Each pair has
one seed and so the same news and fair values. Falls are compared by their difference in points, amounts by the
geometric mean of their ratios; intervals are Student's, over pairs. *As promised*: medians of the BTC fall within 0.5
points; forced dollars and accounts within 10 % with a 90 % interval inside 0.8 to 1.25.
"""


def write(pairs_of, only_print):
    lines = HEAD.splitlines() + [""]
    for scenario, pairs in pairs_of.items():
        lines += compare(scenario, pairs)
    page = "\n".join(lines).rstrip() + "\n"
    if only_print:
        print(page)
        return
    PAGE.write_text(page)
    stored = {scenario: [full for full, _ in pairs] for scenario, pairs in pairs_of.items()}
    FIGURES.write_text(json.dumps(stored, indent=1) + "\n")
    print(f"wrote {PAGE.relative_to(ROOT)} and {FIGURES.relative_to(ROOT)}")


def check(binary):
    """Two reduced worlds against the stored figures: a drift of one size alone is seen in seconds."""
    stored = {row["seed"]: row for row in json.loads(FIGURES.read_text())[CHECK_SCENARIO][:CHECK_PAIRS]}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda seed: run_once(binary, CHECK_SCENARIO, "reduced", seed), stored))
    pairs = [(stored[row["seed"]], row) for row in rows]
    points = statistics.fmean(100 * (r["metrics"][FALL] - f["metrics"][FALL]) for f, r in pairs)
    words, ok = [f"fall {points:+.2f} points"], abs(points) <= CHECK_FALL_POINTS
    for name in (FORCED, ACCOUNTS):
        middle = ratio_of(pairs, name)[0]
        words.append(f"{name} x {middle:.2f}")
        ok = ok and CHECK_RATIO[0] <= middle <= CHECK_RATIO[1]
    print(f"{CHECK_SCENARIO}, seeds {list(stored)}: {', '.join(words)}: {'ok' if ok else 'OFF'}")
    return ok


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path, nargs="?")
    parser.add_argument("--from", dest="folders", nargs="+", type=pathlib.Path, help="finished folders of run --paths")
    parser.add_argument("--seeds", default="1-16")
    parser.add_argument("--scenarios", default=",".join(SCENARIOS))
    parser.add_argument("--only", choices=["full", "reduced"], help="run one size and write nothing")
    parser.add_argument("--print", action="store_true", help="print the page instead of writing it and the figures")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.folders:
        known = {}
        for folder in options.folders:
            scenario, size, of_folder = rows_of(folder)
            known[scenario, size] = of_folder
        pairs = {}
        for scenario in [s for s in SCENARIOS if (s, "full") in known and (s, "reduced") in known]:
            full, reduced = known[scenario, "full"], known[scenario, "reduced"]
            pairs[scenario] = [(full[seed], reduced[seed]) for seed in sorted(full) if seed in reduced]
        write(pairs, options.print)
        return
    if options.binary is None:
        parser.error("a program, or --from folders")
    binary = options.binary.resolve()
    if options.check:
        sys.exit(0 if check(binary) else 1)
    program = hashlib.sha256(binary.read_bytes()).hexdigest()[:12]
    scenarios, seeds = options.scenarios.split(","), seeds_of(options.seeds)
    sizes = [options.only] if options.only else ["reduced", "full"]
    jobs = [(scenario, size, seed) for size in sizes for seed in seeds for scenario in scenarios]
    rows = {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for job, row in zip(jobs, pool.map(lambda job: cached(binary, program, *job), jobs)):
            rows[job] = row
    if options.only:
        return
    write({scenario: [(rows[scenario, "full", seed], rows[scenario, "reduced", seed]) for seed in seeds]
           for scenario in scenarios}, options.print)


if __name__ == "__main__":
    main()

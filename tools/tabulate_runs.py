#!/usr/bin/env python3
"""Tabulates the headline figures of several runs: median, lowest and highest over the runs, beside what
was measured. The tables of docs/experiments are made with it.

    tools/tabulate_runs.py RUN_FOLDER...                 every metric
    tools/tabulate_runs.py --only btc_low,adl_usd RUN... some
"""
import json
import pathlib
import statistics
import sys


def text_of(name, unit, value):
    """A figure as the documentation writes it; `value` in the metric's own unit."""
    if value is None:
        return "-"
    if unit == "USD":
        return f"{value / 1e9:.2f} bn" if abs(value) >= 1e9 else f"{value / 1e6:.0f} m"
    if unit == "USD per coin":
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3f}"
    if "funding" in name:
        return f"{100 * value:+.4f} %"
    if unit == "fraction":
        return f"{100 * value:.{1 if abs(value) >= 0.01 else 2}f} %"
    return f"{value:,.0f}"


def main():
    words = sys.argv[1:]
    only = None
    if words and words[0] == "--only":
        only = words[1].split(",")
        words = words[2:]
    if not words:
        sys.exit(__doc__)
    runs = []
    for folder in words:
        manifest = json.loads((pathlib.Path(folder) / "manifest.json").read_text())
        if manifest.get("interrupted"):
            sys.exit(f"{folder}: the run was interrupted; its figures are not comparable")
        runs.append(json.loads((pathlib.Path(folder) / "summary.json").read_text()))
    scenarios = {run["scenario_hash"] for run in runs}
    if len(scenarios) > 1:
        sys.exit(f"runs of {len(scenarios)} different scenarios: {', '.join(sorted(scenarios))}")
    observed = {row["metric"]: row for row in runs[0]["observed"]}
    seeds = ", ".join(str(run["seed"]) for run in runs)
    print(f"{len(runs)} runs, seeds {seeds}, scenario {scenarios.pop()}\n")
    print("| metric | median | lowest | highest | measured | median inside |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, first in runs[0]["metrics"].items():
        values = [run["metrics"][name]["value"] for run in runs]
        values = [value for value in values if value is not None]
        if not values or (only and name not in only):
            continue
        middle = statistics.median(values)
        row = observed.get(name)
        measured = row["measured"] if row else None
        inside = ""
        if measured is not None:
            inside = "yes" if abs(middle - measured) <= row["tolerance"] else "**no**"
        cells = [text_of(name, first["unit"], x) for x in (middle, min(values), max(values), measured)]
        print(f"| `{name}` | {' | '.join(cells)} | {inside} |")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs the shipped scenarios over many seeds and writes the tables of docs/experiments/where-it-lands.md anew.

    tools/where_it_lands.py build/release/bin/margincall                 32 paths of each scenario
    tools/where_it_lands.py MARGINCALL --paths 8 --only 2025-11-04       fewer
    tools/where_it_lands.py MARGINCALL --from runs/a runs/b              from folders of `run --paths`

A run that was stopped goes on. Between the marks of the page everything is replaced; the words around them are
written by hand and must be read again."""
import argparse
import json
import pathlib
import subprocess
import sys

from lab_pages import replace_tables

sys.dont_write_bytecode = True
from tabulate_runs import text_of  # noqa: E402  numbers as the documentation writes them

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "experiments" / "where-it-lands.md"
SCENARIOS = ["2025-11-04", "2025-10-10", "quiet-2025-11"]


def table(folder):
    summary = json.loads((folder / "summary.json").read_text())
    observed = {row["metric"]: row for row in summary["observed"]}
    seeds = summary.get("seeds", [summary["seed"]])
    lines = [f"{summary['paths']} paths, seeds {seeds[0]} to {seeds[-1]}; scenario hash {summary['scenario_hash']}, digest "
             f"{summary['digest']}; {summary['account_rows']:,} account rows; {summary['wall_s'] / summary['paths']:.0f} s a path.",
             "",
             "| metric | median | error | 5 % | 95 % | measured | median inside | measured inside the band |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for name, row in summary["metrics"].items():
        if row["value"] is None:
            continue
        def show(value):
            return text_of(name, row["unit"], value)
        seen = observed.get(name, {})
        measured = seen.get("measured")
        inside = {True: "yes", False: "**no**", None: ""}[seen.get("inside")]
        covered = "" if measured is None else "yes" if row["p05"] <= measured <= row["p95"] else "**no**"
        lines.append(f"| `{name}` | {show(row['value'])} | {show(row['se']).lstrip('+')} | {show(row['p05'])} | "
                     f"{show(row['p95'])} | {show(measured)} | {inside} | {covered} |")
    return "\n".join(lines)


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("margincall")
    ask.add_argument("--paths", type=int, default=32)
    ask.add_argument("--only", action="append", help="a scenario")
    ask.add_argument("--workers", default=None)
    ask.add_argument("--from", dest="folders", nargs="+", help="finished folders instead of runs")
    args = ask.parse_args()
    folders = [pathlib.Path(f) for f in args.folders or []]
    if not folders:
        for scenario in args.only or SCENARIOS:
            folder = ROOT / "runs" / f"where-it-lands-{scenario}-{args.paths}"
            if not (folder / "manifest.json").exists():
                workers = ["--workers", args.workers] if args.workers else []
                subprocess.run([args.margincall, "run", str(ROOT / "scenarios" / f"{scenario}.toml"), "--paths",
                                str(args.paths), "--seed-from", "1", "--resume", "-q", "--out", str(folder), *workers],
                               check=True)
            folders.append(folder)
    replace_tables(PAGE, {json.loads((folder / "summary.json").read_text())["scenario"]: table(folder) for folder in folders})
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

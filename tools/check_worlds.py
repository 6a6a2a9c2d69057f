#!/usr/bin/env python3
"""Many worlds give the same numbers however they are run (docs/many-worlds.md): with 1, 2 and 3 workers, killed at
random moments and gone on with, and as shards joined. No finished world is lost or run twice.

    tools/check_worlds.py build/release/bin/margincall                      24 worlds of the short shock, 5 kills
    tools/check_worlds.py MARGINCALL --file FILE --paths 200 --kills 20     more

Prints the digest list's hash of each way. Needs a scenario whose worlds are short beside the time between kills."""
import argparse
import hashlib
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SMALL = ["--preview", "--set", "population.accounts=2000", "--set", "clock.length=40 min", "--set", "clock.day_from=0 s",
         "--set", "clock.day_to=40 min"]


def rows_of(folder):
    """All whole lines of the parts, by index; a key that stands twice is a fault."""
    rows = {}
    for part in sorted((folder / "parts").glob("*.jsonl")):
        for line in part.read_text().split("\n")[:-1]:
            row = json.loads(line)
            if row["key"] in rows:
                sys.exit(f"{part}: world {row['index']} was run twice")
            rows[row["key"]] = row
    return sorted(rows.values(), key=lambda row: row["index"])


def digests(folder, expected):
    rows = rows_of(folder)
    if [row["index"] for row in rows] != list(range(expected)):
        sys.exit(f"{folder}: {len(rows)} of {expected} worlds")
    return hashlib.sha256("".join(row["digest"] for row in rows).encode()).hexdigest()[:16]


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("margincall")
    ask.add_argument("--file", default=str(ROOT / "tests/data/short-shock.toml"))
    ask.add_argument("--option", action="append", default=None, help="of the scenario, in place of a tiny size")
    ask.add_argument("--paths", type=int, default=24)
    ask.add_argument("--kills", type=int, default=5)
    ask.add_argument("--shards", type=int, default=8)
    ask.add_argument("--seed", type=int, default=1, help="of the moments of the kills")
    args = ask.parse_args()
    options = SMALL if args.option is None else args.option
    chance = random.Random(args.seed)

    with tempfile.TemporaryDirectory(prefix="margincall-worlds-") as temporary:
        top = pathlib.Path(temporary)

        def sweep(folder, *more):
            return [args.margincall, "sweep", args.file, *options, "--paths", str(args.paths), "--progress", "none",
                    "--out", str(top / folder), *more]

        def run(folder, *more):
            done = subprocess.run(sweep(folder, *more), capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"{' '.join(done.args)}: exit {done.returncode}\n{done.stderr}")

        started = time.monotonic()
        run("one", "--workers", "1")
        took = time.monotonic() - started
        found = {"1 worker": digests(top / "one", args.paths)}
        for workers in ("2", "3"):
            run(f"w{workers}", "--workers", workers)
            found[f"{workers} workers"] = digests(top / f"w{workers}", args.paths)

        kept = 0
        for kill in range(args.kills):
            process = subprocess.Popen(sweep("killed", "--workers", "2", "--resume"), stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            try:
                process.wait(chance.uniform(0.2, 1.0) * took / max(args.kills, 1))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            now = len(rows_of(top / "killed"))
            if now < kept:
                sys.exit(f"kill {kill + 1}: {kept} worlds before, {now} after")
            kept = now
        run("killed", "--workers", "2", "--resume")
        found[f"{args.kills} kills (the last left {kept})"] = digests(top / "killed", args.paths)

        for k in range(1, args.shards + 1):
            run(f"shard{k % 2}", "--workers", "1", "--shard", f"{k}/{args.shards}")
        joined = subprocess.run([args.margincall, "sweep", "join", str(top / "shard0"), str(top / "shard1")],
                                capture_output=True, text=True)
        if joined.returncode != 0:
            sys.exit(joined.stderr)
        found[f"{args.shards} shards in two folders, joined"] = digests(top / "shard0", args.paths)

        verify = subprocess.run([args.margincall, "sweep", "verify", str(top / "killed"), "--percent", "10"],
                                capture_output=True, text=True)
        print(verify.stdout.strip().split("\n")[-1])
        if verify.returncode != 0:
            sys.exit("verify found a difference")
        for way, value in found.items():
            print(f"{value}  {way}")
        if len(set(found.values())) != 1:
            sys.exit("the ways differ")
        print(f"{args.paths} worlds, the same {len(found)} times")


if __name__ == "__main__":
    main()

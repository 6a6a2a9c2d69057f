#!/usr/bin/env python3
"""Every shipped rule file at venue A, in `run` (tests/data/hard-shock.toml) and in `stress` (a sample
book, -30 % at once and over ten minutes): exit 0, and each step that the rules have was taken at A.

    tools/check_rule_files.py MARGINCALL [FILE...]      default: all of scenarios/rules

Prints a row a file: how often each step was taken at A in the run, then in the stress."""
import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHOCKS = ("BTC=-30%", "BTC=-30%/10min")


def rules_of(path):
    """The file with what it extends, one table."""
    table = tomllib.loads(path.read_text())
    if "extends" in table:
        below = rules_of(path.parent / table["extends"])
        for key, value in table.items():
            if isinstance(value, dict) and isinstance(below.get(key), dict):
                below[key].update(value)
            else:
                below[key] = value
        table = below
    return table


def word(table, section, key, otherwise=""):
    value = table.get(section, {}).get(key, otherwise)
    return value["value"] if isinstance(value, dict) and "value" in value else value


def steps_of(table):
    """Step -> what must have been counted, from the rules' own words."""
    wanted = {"outside" if word(table, "liquidation", "style") == "liquidator-share" else "orders"}
    if word(table, "liquidation", "style") in ("tiers-down", "tier-ladder"):
        tiers = tomllib.loads((ROOT / "scenarios/tiers" / table.get("tiers", "none")).read_text()) \
            if "tiers" in table else {}
        if tiers and max((len(rows) for rows in tiers.values() if isinstance(rows, list)), default=2) < 2:
            wanted.discard("orders")  # a flat table has no lower tier to step down to
    takeover = word(table, "liquidation", "takeover")
    trigger = word(table, "adl", "trigger")
    if takeover == "fund-per-fill":
        wanted |= {"fund_earns", "fund_pays", "adl"}
    else:
        wanted.add("takeovers")
    if takeover == "engine-at-bankruptcy":
        wanted |= {"resales", "fund_adl"}
    if takeover == "socialise":
        wanted.add("socialised")
    if takeover in ("fund-at-bankruptcy", "vault-below-share") and trigger != "never":
        wanted.add("adl")
    return wanted


def run_words(name, folder):
    return ["run", str(ROOT / "tests/data/hard-shock.toml"), "--json", "--progress", "none",
            "--set", f"venues.A.rules=builtin/rules/{name}", "--set", "venues.A.insurance_fund=20 m USD",
            "-o", str(folder / "run")]


def sample_words(sample):
    return ["stress", "--make-sample", "20000", "--seed", "1", "-o", str(sample)]


def stress_words(name, sample, shock, folder):
    market = folder / "market.toml"
    market.write_text(f'schema = 1\nextends = "{ROOT / "scenarios/2025-11-04.toml"}"\n'
                      f'[venues.A]\nrules = "builtin/rules/{name}"\ninsurance_fund = "2 m USD"\n')
    return ["stress", str(sample), "--market", str(market), "--shock", shock, "--json",
            "--no-report", "--skip-bad", "-o", str(folder / "stress")]


def run(binary, name, folder):
    done = subprocess.run([binary, *run_words(name, folder)], capture_output=True, text=True)
    if done.returncode != 0:
        return done.returncode, {}, done.stderr
    return 0, json.loads(done.stdout.strip().splitlines()[-1])["steps"]["A"], ""


def stress(binary, name, sample, folder):
    counts = {}
    for shock in SHOCKS:
        done = subprocess.run([binary, *stress_words(name, sample, shock, folder)], capture_output=True, text=True)
        if done.returncode != 0:
            return done.returncode, {}, done.stderr
        for line in done.stdout.splitlines():
            row = json.loads(line)
            if row.get("kind") == "outcome":
                for step, count in row["engine_steps"]["A"].items():
                    counts[step] = counts.get(step, 0) + count
    return 0, counts, ""


def main():
    binary = sys.argv[1]
    files = [pathlib.Path(f) for f in sys.argv[2:]] or sorted((ROOT / "scenarios/rules").glob("*.toml"))
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        sample = pathlib.Path(folder) / "sample.csv"
        subprocess.run([binary, *sample_words(sample)], check=True, capture_output=True)
        for path in files:
            if path.name == "spot-us.toml":  # no margin
                continue
            wanted = steps_of(rules_of(path))
            for command, result in (("run", run(binary, path.name, pathlib.Path(folder))),
                                    ("stress", stress(binary, path.name, sample, pathlib.Path(folder)))):
                code, counts, trouble = result
                missing = sorted(step for step in wanted if counts.get(step, 0) == 0)
                good = code == 0 and not missing
                bad += 0 if good else 1
                taken = " ".join(f"{step} {count}" for step, count in counts.items() if count)
                print(f"{'ok  ' if good else 'FAIL'} {path.name:28} {command:6} exit {code}  {taken}"
                      + (f"  never: {', '.join(missing)}" if missing else "")
                      + (f"\n{trouble[:500]}" if trouble else ""), flush=True)
    print(f"{bad} of the rule files' commands are not as they should be")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

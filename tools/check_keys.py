#!/usr/bin/env python3
"""Every value that a key allows can be run: each key of `margincall schema --json` at its smallest and its largest
allowed value, and every word of every choice, in a short scenario. The program may refuse a value with an error that
has a code; it may not abort, run into a time limit without getting on, or fail to stop when it is asked to.

    tools/check_keys.py build/release/bin/margincall                    all values
    tools/check_keys.py MARGINCALL --validate                           all values, only compiled
    tools/check_keys.py MARGINCALL --part 3/10                          validates all, runs every tenth, from the third
    tools/check_keys.py MARGINCALL --part day/10                        the tenth of today's date (printed)
    tools/check_keys.py MARGINCALL --only half_spread                   keys whose name has this

A value that needs longer than --limit seconds is stopped as Ctrl-C would stop it, and counts as slow if simulated
time has gone on by then. Exit code 0: nothing but runs and proper errors."""
import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
START = "2025-11-03T00:00:00Z"
PLAIN = ROOT / "tests/data/short-shock.toml"
CHAIN = ROOT / "tests/data/small-defi.toml"
SMALL = {"world.size": '"preview"', "population.accounts": "1000", "clock.length": '"60 s"', "clock.day_from": '"0 s"',
         "clock.day_to": '"60 s"', "assets.T.copies": "2"}
# The one event of a run, by type; without a type of its own a key is tried on a flow.
EVENTS = {
    "flow": {"type": '"flow"', "sell": '{ BTC = "400 m USD" }', "perps": "true", "participation": '"100 %"'},
    "factor": {"type": '"factor"', "change": '{ equities = "-5 %" }'},
    "uncertainty": {"type": '"uncertainty"', "add": "0.2"},
    "venue": {"type": '"venue"', "load": "5"},
    "hack": {"type": '"hack"', "reported": '"128 m USD"'},
    "collateral": {"type": '"collateral"', "worth": '"50 %"'},
}
SHARED = {"name": '"e"', "at": "2025-11-03T00:00:10Z", "until": "2025-11-03T00:00:40Z", "cause": '"x"',
          "source": '"assumed: a test"'}


def event(kind, key=None, value=None):
    """The list of events as TOML: one of this type, with one key set otherwise."""
    row = SHARED | EVENTS[kind]
    if key is not None:
        row.pop(key[0], None)
        row[".".join(key)] = value
    return "[{" + ", ".join(f"{name} = {word}" for name, word in row.items()) + "}]"


def fields_of(schema, path=()):
    """(path, what the schema says) of every plain key."""
    for name, node in schema.get("properties", {}).items():
        yield from inside(node, path + (name,))
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        yield from inside(extra, path + ("*",))
    if "items" in schema:
        yield from inside(schema["items"], path + ("*",))


def inside(node, path):
    if "anyOf" in node:
        yield path, node
    else:
        yield from fields_of(node, path)


def values_of(node):
    """Values of a key as TOML."""
    plain = node["anyOf"][0]
    if "enum" in plain:
        return [json.dumps(word) for word in plain["enum"]]
    if plain.get("type") == "boolean":
        return ["true", "false"]
    if "minimum" in plain:
        number = int if plain["type"] == "integer" else float
        return [str(number(plain["minimum"])), str(number(plain["maximum"]))]
    if "x-minimum" in node:
        ends = [node["x-minimum"], node["x-maximum"]]
        return ends if node["x-unit"] == "a date and time" else [json.dumps(end) for end in ends]
    return []


def tries_of(schema):
    """(key, value, base scenario, {key: TOML value}) of every try."""
    for path, node in fields_of(schema):
        key = ".".join(path)
        base = CHAIN if path[0] == "defi" or key.startswith(("events.*.worth", "events.*.reported")) else PLAIN
        for value in values_of(node):
            settings = SMALL | {"events": event("flow")}
            if path[0] == "assets":
                rows = ["T"] if path[-1].startswith("copies") else ["BTC", "T"]
                for row in rows:
                    yield key, f"{row}: {value}", base, settings | {".".join(("assets", row) + path[2:]): value}
            elif path[0] == "venues":
                for row in ("A", "H"):
                    yield key, f"{row}: {value}", base, settings | {".".join(("venues", row) + path[2:]): value}
            elif path[0] == "events":
                of_type = re.match(r"(\w+): ", node.get("description", ""))
                kind = of_type.group(1) if of_type and of_type.group(1) in EVENTS else "flow"
                yield key, f"{kind}: {value}", base, settings | {"events": event(kind, path[2:], value)}
            else:
                yield key, value, base, settings | {key: value}


def write(folder, number, base, settings):
    """The scenario of a try as a file, so that many can be validated at once."""
    tables = {}
    for key, value in settings.items():
        table, _, name = key.rpartition(".")
        tables.setdefault(table, []).append(f"{name} = {value}")
    lines = ["schema = 1"] if "schema" not in settings else []
    lines += tables.pop("", []) + [f'extends = "{base}"']
    for table, rows in tables.items():
        lines += [f"[{table}]"] + rows
    file = folder / f"{number:04}.toml"
    file.write_text("\n".join(lines) + "\n")
    return file


def seconds_after_start(text):
    """Simulated seconds of an interrupted run, as it says."""
    found = re.search(r"interrupted at (\S+Z)", text)
    if not found:
        return 0.0
    moment = [datetime.datetime.fromisoformat(t.replace("Z", "+00:00")) for t in (found.group(1), START)]
    return (moment[0] - moment[1]).total_seconds()


def codes(text):
    return sorted(set(re.findall(r"error\[(E\d+)\]", text)))


def judge(code, text, stopped):
    """(class, remark) of what a run came to."""
    if code == 0:
        return "ran", ""
    if code == 3 and codes(text):
        return "refused", " ".join(codes(text))
    if code == 6 and stopped and seconds_after_start(text) > 0:
        return "slow", f"{seconds_after_start(text):.0f} simulated seconds"
    worlds = re.search(r"interrupted: (\d+) of \d+ paths are kept", text)
    if code == 6 and stopped and worlds and int(worlds.group(1)) > 0:
        return "slow", f"{worlds.group(1)} worlds"
    last = [line for line in text.strip().split("\n") if line][-3:]
    return ("hang" if stopped else "abort"), f"exit {code}: " + " / ".join(last)


def run_one(margincall, file, out, limit):
    command = [margincall, "run", str(file), "-q", "--no-record", "--progress", "none", "-o", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    stopped = False
    try:
        _, text = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        stopped = True
        process.send_signal(signal.SIGINT)
        try:
            _, text = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            _, text = process.communicate()
            return "hang", "does not stop"
    subprocess.run(["rm", "-rf", str(out)], check=True)
    return judge(process.returncode, text, stopped)


def validate(margincall, files):
    """Files that validate neither accepts nor refuses with a code: a batch that ends badly is taken apart."""
    done = subprocess.run([margincall, "validate", "-q", *map(str, files)], capture_output=True, text=True, check=False)
    if done.returncode in (0, 3) and (done.returncode == 0 or codes(done.stderr)):
        return []
    if len(files) == 1:
        return [(files[0], f"exit {done.returncode}: {done.stderr.strip()[-300:]}")]
    half = len(files) // 2
    return validate(margincall, files[:half]) + validate(margincall, files[half:])


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("margincall")
    ask.add_argument("--validate", action="store_true", help="run nothing")
    ask.add_argument("--part", help="K/N, K from 0, or day/N")
    ask.add_argument("--only", help="keys whose name has this")
    ask.add_argument("--limit", type=float, default=20, help="seconds a run")
    ask.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    ask.add_argument("--list", action="store_true", help="print every try that was not simply run")
    args = ask.parse_args()
    first, parts = 0, 1
    if args.part:
        word, parts = args.part.split("/")[0], int(args.part.split("/")[1])
        first = datetime.date.today().toordinal() % parts if word == "day" else int(word) % parts
        print(f"part {first}/{parts}")

    schema = json.loads(subprocess.run([args.margincall, "schema", "--json"], capture_output=True, check=True).stdout)
    tries = [one for one in tries_of(schema) if not args.only or args.only in one[0]]
    keys = len({one[0] for one in tries})
    # Without a key set otherwise the scenarios run, else every try would only be refused.
    tries = [("nothing", "", base, SMALL | {"events": event("flow")}) for base in (PLAIN, CHAIN)] + tries
    bad = []
    with tempfile.TemporaryDirectory(prefix="margincall-keys-") as temporary:
        folder = pathlib.Path(temporary)
        files = [write(folder, k, base, settings) for k, (_, _, base, settings) in enumerate(tries)]
        size = max(1, len(files) // (4 * args.jobs))
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            batches = [files[k:k + size] for k in range(0, len(files), size)]
            for found in pool.map(lambda batch: validate(args.margincall, batch), batches):
                bad += [(int(file.stem), "validate", remark) for file, remark in found]
            print(f"{keys} keys, {len(tries)} values: validated, {len(bad)} neither valid nor refused")
            counts = {}
            if not args.validate:
                chosen = [0, 1] + [k for k in range(2, len(tries)) if k % parts == first]
                ends = pool.map(lambda k: run_one(args.margincall, files[k], folder / f"run{k}", args.limit), chosen)
                for k, (kind, remark) in zip(chosen, ends):
                    counts[kind] = counts.get(kind, 0) + 1
                    if kind in ("abort", "hang") or (k < 2 and kind != "ran"):
                        bad.append((k, kind, remark))
                    elif args.list and kind != "ran":
                        print(f"{kind:8} {tries[k][0]} = {tries[k][1]}   {remark}")
                    if args.list:
                        sys.stdout.flush()
                print(f"{len(chosen)} run: " + ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())))
        for k, kind, remark in bad:
            print(f"{kind.upper()}  {tries[k][0]} = {tries[k][1]}\n    {remark}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()

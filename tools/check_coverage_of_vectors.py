#!/usr/bin/env python3
"""Does what the worked examples prove also run? Writes docs/vector-coverage.md: for every function of
src/rules that other files may call, the formulas whose vectors execute it, and the first test or command of
`run` or `stress` in which it was seen to execute. An empty cell that NO_RUN or NO_VECTOR does not explain, or an
explanation that nothing needs, ends with exit 1.

    tools/check_coverage_of_vectors.py              needs build/release and the vectors (MARGINCALL_SHARED)
    tools/check_coverage_of_vectors.py --check      the page must be the one that is committed

The rules are compiled with -finstrument-functions into build/entered and linked in front of the libraries of
the build folder, so nothing else is built. Each vector runs in a process of its own. A little more than a minute
of computing.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import check_rule_files as rule_files  # noqa: E402  the same commands
import mutate  # noqa: E402  the same compile and link lines

ROOT = mutate.ROOT
OUT = ROOT / "build" / "entered"
PAGE = ROOT / "docs" / "vector-coverage.md"
# Where `run` and `stress` are looked at, the first that enters a function is named: tests of sim and desk, then
# two scenarios, then tests/data/hard-shock.toml and a sample book with the venue A on each of these rule files.
PROGRAMS = ["test_sim", "test_desk"]
SCENARIOS = ["tests/data/short-shock.toml", "tests/data/small-defi.toml"]
RULES = ["bitmex.toml", "bybit-uta-2026-05-27.toml", "deribit-old.toml", "gate.toml"]
# Functions (file, or file: function) that no run executes, and why.
BORROWING = "borrowing of tokens: not part of a run"
NO_RUN = {
    "adl_allocation: adl_lights": "shown to a venue's users: no agent reads it",
    "close_out: close_directly": "a chain's direct closing in its own units: a run closes in lots and ticks, with `can_bear`",
    "collateral: borrow_liquidation_share": BORROWING,
    "collateral: borrowable": BORROWING,
    "funding_index: funding_settlement": "the chain settles against an index: a run pays at once",
    "margin_schedule: module_requirement": "portfolio margin: not part of a run",
    "portfolio_liquidation: bankruptcy_price": "of an account before one wallet: a run closes each position at its share",
    "portfolio_liquidation: loan_liquidation_price": "quick margin: not part of a run",
    "portfolio_margin: borrow_rate": BORROWING,
    "portfolio_margin: borrower_liquidatable": BORROWING,
    "portfolio_margin: borrower_margin": BORROWING,
    "portfolio_margin: margin_ratio": BORROWING,
    "portfolio_margin: transfer_requirement": "withdrawals of a portfolio-margin account: no agent withdraws",
    "shortage: asset_for_liability": BORROWING,
    "shortage: deposit_index_fall": BORROWING,
    "shortage: liability_for_asset": BORROWING,
    "shortage: liability_to_cover": BORROWING,
}
# ... and that no vector executes: no venue prints an example, or it is another form of what has one.
FAST = "fast form of `{}`: equal in every state of tests/rules/price_exhaustive_test.cpp"
WORDS = "the venue says it without figures: tests/rules/liquidation_decisions_test.cpp"
CLOCK = "no example printed: tests/rules/funding_exhaustive_test.cpp"
NO_VECTOR = {
    "adl_rank: make_adl_account": "reads a position",
    "funding": CLOCK,
    "funding_index: median_vote": CLOCK,
    "index_price": "no example printed: tests/rules/mark_price_test.cpp",
    "liquidation": WORDS,
    "liquidation_price": FAST.format("portfolio_liquidation"),
    "margin": FAST.format("margin_schedule"),
    "margin_schedule: check_schedule": "a check",
    "margin_schedule: schedule_of": "reads a table",
    "position_terms": "chooses between the fast form and the other",
    "price_band: BandPremium::average": "no example printed: tests/rules/venue_rules_test.cpp",
    "price_band: BandPremium::sample": "no example printed: tests/rules/venue_rules_test.cpp",
    "price_band: apply_band": "no example printed: tests/rules/venue_rules_test.cpp",
    "reduction: after_close": "no example printed: tests/rules/reduction_exhaustive_test.cpp",
    "socialised_loss": "its ratio is funding_move_for_loss: tests/rules/adl_allocation_test.cpp",
}


def build_program(build, name, objects, tests):
    variant = OUT / ("entered_tests.o" if tests else "entered.o")
    return mutate.link(build, name, objects, variant, OUT)


def functions_of(objects):
    """{demangled name: file} of the global functions, and {mangled: label}."""
    labels = {}
    for obj in objects:
        out = subprocess.run(["nm", "--defined-only", str(obj)], capture_output=True, text=True, check=True).stdout
        names = [line.split()[2] for line in out.splitlines() if line.split()[1] == "T"]
        plain = subprocess.run(["c++filt", *names], capture_output=True, text=True, check=True).stdout.splitlines()
        for mangled, text in zip(names, plain):
            text = re.sub(r"\[abi:\w+\]|^margincall::(?:rules::)?", "", text)
            name = re.sub(r"\(.*", "", text)
            if name.endswith("::" + name.split("::")[0]):
                name = name.split("::")[0] + " (constructor)"
            if "{lambda" not in text and "(anonymous namespace)" not in text:
                labels[mangled] = f"{obj.stem.removesuffix('.cpp')}: {name.removeprefix('rules::')}"
    return labels


def addresses(program, labels):
    """{offset from the start: label} in a linked program."""
    out = subprocess.run(["nm", str(program)], capture_output=True, text=True, check=True).stdout
    symbols = {line.split()[-1]: int(line.split()[0], 16) for line in out.splitlines() if len(line.split()) == 3}
    start = symbols["__executable_start"]
    return {symbols[m] - start: label for m, label in labels.items() if m in symbols}


def entered(words, where, seen, cwd):
    """[(test, set of labels)] of one run."""
    env = dict(os.environ, MC_ENTERED=str(seen), RC_PARAMS="seed=1")  # the same properties every time
    seen.unlink(missing_ok=True)
    done = subprocess.run(words, env=env, cwd=cwd, capture_output=True, text=True, errors="replace")
    if not seen.exists():
        sys.exit(f"{' '.join(map(str, words))}: noted nothing\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    out = []
    for line in seen.read_text().splitlines():
        test, offsets = line.split("\t")
        out.append((test, {where[o] for o in (int(x, 16) for x in offsets.split()) if o in where}))
    return out


def commands(program):
    """How the page names each, and its arguments."""
    out = OUT / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for scenario in SCENARIOS:
        words = ["run", scenario, "--preview", "--no-record"]
        yield f"`margincall {' '.join(words)}`", [*words, "--progress", "none", "-o", str(out / "run")]
    sample = out / "sample.csv"
    subprocess.run([program, *rule_files.sample_words(sample)], check=True, capture_output=True)
    for name in RULES:
        yield f"`margincall run tests/data/hard-shock.toml`, A on {name}", rule_files.run_words(name, out)
        shock = rule_files.SHOCKS[-1]
        yield (f"`margincall stress sample.csv --shock {shock}`, A on {name}",
               rule_files.stress_words(name, sample, shock, out))


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--build", default="build/release")
    ask.add_argument("--check", action="store_true")
    args = ask.parse_args()
    build = ROOT / args.build
    shared = pathlib.Path(os.environ.get("MARGINCALL_SHARED", ROOT.parent / "shared"))
    vectors = sorted((shared / "vectors" / "clearing").glob("*.json"))
    if not vectors:
        sys.exit(f"no vectors at {shared}/vectors/clearing")
    subprocess.run(["cmake", "--build", str(build), "--target", "vector_check", "margincall", *PROGRAMS],
                   check=True, stdout=subprocess.DEVNULL)

    entries = mutate.compile_commands(build)
    (OUT / "src" / "rules").mkdir(parents=True, exist_ok=True)
    objects = []
    for path in sorted((ROOT / "src" / "rules").glob("*.cpp")):
        obj = OUT / "src" / "rules" / (path.name + ".o")
        mutate.compile_with(entries[str(path)], path, obj,
                            ["-finstrument-functions", "-finstrument-functions-exclude-file-list=/usr/include,/usr/lib",
                             "-fno-inline"])
        objects.append(obj)
    test = entries[str(ROOT / "tests" / "rules" / "margin_test.cpp")]
    source = ROOT / "tools" / "mutate" / "entered.cpp"
    mutate.compile_with(test, source, OUT / "entered_tests.o", [])
    mutate.compile_with(test, source, OUT / "entered.o", ["-DMC_ENTERED_PROGRAM"])

    labels = functions_of(objects)
    by_vectors = collections.defaultdict(set)
    program = build_program(build, "vector_check", objects, False)
    where = addresses(program, labels)
    seen = OUT / "entered.txt"
    one = OUT / "one.json"
    for path in vectors:
        content = json.loads(path.read_text())
        for vector in content["vectors"]:
            one.write_text(json.dumps({**content, "vectors": [vector]}))
            for _, some in entered([program, one], where, seen, ROOT):
                for label in some:
                    by_vectors[label].add(vector["inputs"]["formula_id"])

    first_run = {}
    for name in PROGRAMS:
        program = build_program(build, name, objects, True)
        where = addresses(program, labels)
        for test_name, some in entered([program, "--gtest_filter=-Slow*"], where, seen, program.parent):
            for label in some:
                first_run.setdefault(label, f"{name} {test_name}")
    program = build_program(build, "margincall", objects, False)
    where = addresses(program, labels)
    for shown, words in commands(program):
        for _, some in entered([program, *words], where, seen, ROOT):
            for label in some:
                first_run.setdefault(label, shown)

    lines = ["# What the worked examples test and what runs", "",
             "Made by `tools/check_coverage_of_vectors.py`; do not edit. Every function of `src/rules` that other files",
             "may call, the formulas of the venue vectors that execute it, and the first test or command of `run` or",
             "`stress` in which it was seen to execute.", "",
             "| function | vectors that test it | `run` or `stress` in which it executed |", "| --- | --- | --- |"]
    trouble = []
    unused = {("run", key) for key in NO_RUN} | {("vector", key) for key in NO_VECTOR}
    for label in sorted(set(labels.values())):
        cells = []
        for kind, text, reasons in (("vector", ", ".join(f"`{f}`" for f in sorted(by_vectors[label])), NO_VECTOR),
                                    ("run", first_run.get(label, ""), NO_RUN)):
            key = label if label in reasons else label.split(":")[0]
            if not text and key in reasons:
                unused.discard((kind, key))
                text = f"- ({reasons[key]})"
            elif not text:
                trouble.append(f"{label}: no {kind}")
            cells.append(text or "-")
        file, name = label.split(": ", 1)
        lines.append(f"| `{name}` ({file}) | {cells[0]} | {cells[1]} |")
    trouble += [f"{key}: is said to have no {kind}, and has, or is not there" for kind, key in sorted(unused)]
    page = "\n".join(lines) + "\n"
    if args.check:
        if not PAGE.exists() or PAGE.read_text() != page:
            sys.exit(f"{PAGE.relative_to(ROOT)} is not what this command makes; run it without --check")
    else:
        PAGE.write_text(page)
    print(f"{len(set(labels.values()))} functions, {sum(1 for l in set(labels.values()) if by_vectors[l])} executed by "
          f"vectors, {sum(1 for l in set(labels.values()) if l in first_run)} by run or stress")
    print("\n".join(trouble))
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())

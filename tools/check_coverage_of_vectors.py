#!/usr/bin/env python3
"""Does what the worked examples prove also run? Writes docs/vector-coverage.md: for every function of
src/rules that other files may call, the formulas whose vectors execute it, and the first test or command of
`run` or `stress` in which it was seen to execute. An empty cell outside EXEMPT ends with exit 1.

    tools/check_coverage_of_vectors.py                  needs build/dev and the vectors (MARGINCALL_SHARED)
    tools/check_coverage_of_vectors.py --run "run FILE --preview ..." --stress "stress BOOK ..."   more commands
    tools/check_coverage_of_vectors.py --check          the page must be the one that is committed

The rules are compiled with -finstrument-functions into build/entered and linked in front of the libraries of
the build folder, so nothing else is built. Each vector runs in a process of its own.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import mutate  # noqa: E402  the same compile and link lines

ROOT = mutate.ROOT
OUT = ROOT / "build" / "entered"
PAGE = ROOT / "docs" / "vector-coverage.md"
# Where `run` and `stress` are looked at, the first that enters a function is named. Tests of sim and desk, and
# of what they stand on; then commands.
PROGRAMS = ["test_sim", "test_desk", "test_agents", "test_scenario"]
COMMANDS = ["run tests/data/short-shock.toml --preview --progress none --no-record --json"]
# Functions (file or file: function) that may have an empty cell, and why.
EXEMPT = {
    "portfolio_margin: transfer_requirement": "withdrawals of a portfolio-margin account: no agent withdraws",
    "portfolio_margin: margin_ratio": "decides nothing; shown only",
    "collateral: borrowable": "borrow rates and loans of tokens: not part of a run",
    "collateral: borrow_liquidation_share": "borrow rates and loans of tokens: not part of a run",
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
    env = dict(os.environ, MC_ENTERED=str(seen))
    seen.unlink(missing_ok=True)
    done = subprocess.run(words, env=env, cwd=cwd, capture_output=True, text=True, errors="replace")
    if not seen.exists():
        sys.exit(f"{' '.join(map(str, words))}: noted nothing\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    out = []
    for line in seen.read_text().splitlines():
        test, offsets = line.split("\t")
        out.append((test, {where[o] for o in (int(x, 16) for x in offsets.split()) if o in where}))
    return out


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--build", default="build/dev")
    ask.add_argument("--run", action="append", default=[], help="arguments of one more command of `run`")
    ask.add_argument("--stress", action="append", default=[], help="arguments of one more command of `stress`")
    ask.add_argument("--no-commands", action="store_true", help="tests only")
    ask.add_argument("--check", action="store_true")
    args = ask.parse_args()
    build = ROOT / args.build
    shared = pathlib.Path(os.environ.get("MARGINCALL_SHARED", ROOT.parent / "shared"))
    vectors = sorted((shared / "vectors" / "clearing").glob("*.json"))
    if not vectors:
        sys.exit(f"no vectors at {shared}/vectors/clearing")
    commands = [] if args.no_commands else COMMANDS + args.run + args.stress
    targets = ["vector_check", *PROGRAMS] + (["margincall"] if commands else [])
    subprocess.run(["cmake", "--build", str(build), "--target", *targets], check=True, stdout=subprocess.DEVNULL)

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
    if commands:
        program = build_program(build, "margincall", objects, False)
        where = addresses(program, labels)
        for command in commands:
            words = command.split()
            if "--out" not in words:
                words += ["--out", str(OUT / "run")]
                subprocess.run(["rm", "-rf", str(OUT / "run")], check=True)
            for _, some in entered([program, *words], where, seen, ROOT):
                for label in some:
                    first_run.setdefault(label, f"`margincall {command}`")

    lines = ["# What the worked examples test and what runs", "",
             "Made by `tools/check_coverage_of_vectors.py`; do not edit. Every function of `src/rules` that other files",
             "may call, the formulas of the venue vectors that execute it, and the first test or command of `run` or",
             "`stress` in which it was seen to execute.", "",
             "| function | vectors that test it | `run` or `stress` in which it executed |", "| --- | --- | --- |"]
    empty = []
    for label in sorted(set(labels.values())):
        formulas = ", ".join(f"`{f}`" for f in sorted(by_vectors[label]))
        exempt = EXEMPT.get(label) or EXEMPT.get(label.split(":")[0])
        runs = first_run.get(label, "")
        if not exempt and (not formulas or not runs):
            empty.append(f"{label}: no {'vector' if not formulas else 'run or stress'}"
                         f"{' and no run or stress' if not formulas and not runs else ''}")
        file, name = label.split(": ", 1)
        why = f"- ({exempt})" if exempt else "-"
        lines.append(f"| `{name}` ({file}) | {formulas or why} | {runs or why} |")
    page = "\n".join(lines) + "\n"
    if args.check:
        if not PAGE.exists() or PAGE.read_text() != page:
            sys.exit(f"{PAGE.relative_to(ROOT)} is not what this command makes; run it without --check")
    else:
        PAGE.write_text(page)
    print(f"{len(set(labels.values()))} functions, {sum(1 for l in set(labels.values()) if by_vectors[l])} executed by "
          f"vectors, {sum(1 for l in set(labels.values()) if l in first_run)} by run or stress, {len(empty)} with an "
          "empty cell")
    print("\n".join(empty))
    return 1 if empty else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The work of tools/faults.sh: starts the program many times, does something to it, and looks at what is left.

What must hold each time: the exit code is right; a folder of the wished name is whole (its manifest lists every file
with its hash, and its digest is that of the same run undisturbed); what is not whole is called .partial-* or
.incomplete; what is called .incomplete holds only whole files; what was finished before is there afterwards."""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
QUIET = ["--progress", "none"]
SCENARIO = [str(ROOT / "tests/data/faults.toml")]


class Faults:
    def __init__(self, binary, folder, args):
        self.binary = str(pathlib.Path(binary).resolve())
        self.top = pathlib.Path(folder)
        self.shim = str(self.top / "fail_writes.so")
        self.args = args
        self.chance = random.Random(args.seed)
        self.failures = []
        self.counts = {}
        self.number = 0

    # --- starting the program ---
    def place(self):
        self.number += 1
        place = self.top / f"t{self.number}"
        place.mkdir()
        return place

    def environment(self, **faults):
        out = dict(os.environ, TMPDIR=str(self.top))
        if faults:
            out["LD_PRELOAD"] = self.shim
            out.update({f"MC_FAULT_{key.upper()}": str(value) for key, value in faults.items()})
        return out

    def start(self, words, out=subprocess.DEVNULL, err=subprocess.PIPE, cwd=None, **faults):
        return subprocess.Popen([self.binary, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                env=self.environment(**faults), cwd=cwd or self.top, text=True)

    def call(self, words, **faults):
        process = self.start(words, **faults)
        _, err = process.communicate(timeout=300)
        return process.returncode, err

    def run_words(self, out, *more):
        return ["run", *SCENARIO, *QUIET, "-q", "-o", str(out), *more]

    # --- looking ---
    def expect(self, good, what):
        if not good:
            self.failures.append(what)
            print(f"FAILED: {what}", flush=True)
        return good

    def whole(self, folder, digest=None, interrupted=False):
        """Why the folder is not a whole run; empty = it is one."""
        try:
            manifest = json.loads((folder / "manifest.json").read_text())
            summary = json.loads((folder / "summary.json").read_text())
            for name in manifest["files_fnv1a64"]:
                if not (folder / name).is_file():
                    return f"{name} is missing"
            there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
            extra = {n for n in there - set(manifest["files_fnv1a64"]) - {"manifest.json"} if not n.endswith(".lock")}
            if extra:
                return f"holds {sorted(extra)} besides"
            if "missing" in manifest:
                return f"lacks {manifest['missing']}"
            if summary["digest"] != manifest["digest"] or (digest and summary["digest"] != digest):
                return f"has digest {summary['digest']} and {manifest['digest']}, expected {digest}"
            if manifest["interrupted"] != interrupted:
                return f"says interrupted {manifest['interrupted']}"
            with sqlite3.connect(f"file:{folder / 'run.db'}?mode=ro", uri=True) as db:
                seed, = db.execute("SELECT seed FROM runs").fetchone()
                if str(seed) != str(manifest["seed"]):
                    return f"has the manifest of seed {manifest['seed']} and run.db of seed {seed}"
            if not (folder / "report.html").read_text().rstrip().endswith("</html>"):
                return "report.html is cut"
        except (OSError, ValueError, KeyError, sqlite3.Error) as problem:
            return repr(problem)
        # The program's own look at the hashes, all but the page's.
        code, err = self.call(["compare", str(folder), str(folder), "-q"])
        return "" if code == 0 else f"compare: exit {code} {err}"

    def whole_files(self, folder):
        """Why a file of an incomplete folder is not whole."""
        try:
            for path in folder.rglob("*"):
                if path.suffix == ".json":
                    json.loads(path.read_text())
                elif path.suffix == ".html" and not path.read_text().rstrip().endswith("</html>"):
                    return f"{path.name} is cut"
                elif path.suffix == ".db":
                    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
                        if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                            return f"{path.name} is damaged"
                elif ".partial" in path.name:
                    return f"{path.name} is left"
        except (OSError, ValueError, sqlite3.Error) as problem:
            return repr(problem)
        return ""

    def look(self, what, place, name, code, err, digest):
        """After a run that was to write place/name and was disturbed by a disk that says no."""
        left = sorted(p.name for p in place.iterdir())
        wished = place / name
        good = self.expect(code in (0, 10), f"{what}: exit {code}: {err}")
        if code == 0:
            good &= self.expect(left == [name] and not self.whole(wished, digest),
                                f"{what}: exit 0 and {left}, {self.whole(wished, digest)}")
        elif wished.exists():
            good &= self.expect(not self.whole(wished, digest), f"{what}: {name} is there and "
                                f"{self.whole(wished, digest)}")
        if code == 10:
            good &= self.expect("error[E5" in err, f"{what}: exit 10 without a reason: {err}")
        for entry in left:
            if entry.startswith(name + ".incomplete"):
                good &= self.expect(not self.whole_files(place / entry) and f"{place / entry}" in err,
                                    f"{what}: {entry}: {self.whole_files(place / entry)} {err}")
            elif entry != name:
                good = self.expect(False, f"{what}: leaves {entry}")
        if code == 10 and err.find("the disk is full") >= 0 and not wished.exists():
            named = [p.name for p in (place / f"{name}.incomplete").rglob("*")] if len(left) else []
            good &= self.expect(all(n in err for n in named), f"{what}: {named} are not all named: {err}")
        return good

    def note(self, title, tries):
        self.counts[title] = tries
        print(f"{title}: {tries}", flush=True)

    def reference(self):
        place = self.place()
        started = time.monotonic()
        code, err = self.call(self.run_words(place / "x"))
        self.took = time.monotonic() - started
        if code != 0:
            sys.exit(f"the undisturbed run: exit {code}\n{err}")
        self.digest = json.loads((place / "x/summary.json").read_text())["digest"]
        self.whole_run = place / "x"
        if why := self.whole(place / "x", self.digest):
            sys.exit(f"the undisturbed run {why}")

    def calls_of(self, words):
        counter = self.top / "count"
        code, err = self.call(words, at=0, count=counter)
        if code != 0:
            sys.exit(f"{words}: exit {code}\n{err}")
        return int(counter.read_text())

    def chosen(self, total):
        """Every call, or every n-th and always the last three, where names change."""
        return sorted({*range(1, total + 1, self.args.every), *range(max(1, total - 2), total + 1)})

    # --- the faults ---
    def kills(self):
        place = self.place()
        writes = self.calls_of(self.run_words(place / "count"))
        shutil.rmtree(place / "count")
        finished = 0
        for k in range(self.args.kills):
            name = f"x{k}"
            if k % 2 == 0:
                process = self.start(self.run_words(place / name))
                time.sleep(self.chance.uniform(0, 1.1) * self.took)
                process.kill()
            else:
                process = self.start(self.run_words(place / name), at=self.chance.randint(1, writes), kind="kill")
            process.communicate()
            if (place / name).exists():
                finished += 1
                self.expect(not self.whole(place / name, self.digest),
                            f"kill {k}: {name} {self.whole(place / name, self.digest)}")
        for entry in place.iterdir():
            self.expect(".partial-" in entry.name or not self.whole(entry, self.digest),
                        f"kills: {entry.name} looks finished")
        shutil.rmtree(place)
        self.note("kills of a run", self.args.kills)
        print(f"    {finished} were finished before, half the others killed inside one of its {writes} writes")
        # Many worlds: what was finished before a kill is there after it.
        place = self.place()
        words = self.run_words(place / "many", "--paths", "4", "--workers", "2", "--resume")
        whole = self.run_words(place / "whole", "--paths", "4", "--workers", "2")
        total = self.calls_of(whole)
        expected = json.loads((place / "whole/summary.json").read_text())["digest"]
        kept = 0
        tries = max(2, self.args.kills // 10)
        for k in range(tries):
            process = self.start(words, at=self.chance.randint(1, total), kind="kill")
            process.communicate()
            if (place / "many").exists():
                break
            parts = list((place / "many.partial/parts").glob("*.jsonl")) if (place / "many.partial").exists() else []
            now = sum(p.read_text().count("\n") for p in parts)
            self.expect(now >= kept, f"paths, kill {k}: {kept} worlds before, {now} after")
            kept = now
        code, err = self.call(words)
        self.expect(code == 0 and not self.whole(place / "many", expected),
                    f"paths after kills: exit {code} {err} {self.whole(place / 'many', expected)}")
        shutil.rmtree(place)
        self.note("kills of many paths", tries)

    def disk(self):
        place = self.place()
        book = place / "book.csv"
        self.call(["stress", "--make-sample", "100", "-o", str(book)])
        tries = 0
        for kind in ("fail", "full"):
            total = self.calls_of(self.run_words(place / "count"))
            shutil.rmtree(place / "count")
            for at in self.chosen(total):
                inner = self.place()
                code, err = self.call(self.run_words(inner / "x"), at=at, kind=kind)
                self.look(f"run, {kind} at call {at} of {total}", inner, "x", code, err, self.digest)
                shutil.rmtree(inner)
                tries += 1
        self.note("disk full in a run", tries)

        # Other writers: exit 10 and nothing of the wished name, or exit 0 and all of it.
        commands = {
            "export": (["export", str(self.whole_run), "-q", "-o"], "csv"),
            "stress": (["stress", str(book), "-q", "-o"], "stress"),
            "sample": (["stress", "--make-sample", "100", "-q", "-o"], "sample.csv.gz"),
            "new": (["new", "flash", "-o"], "new.toml"),
            "report": (["report", str(self.whole_run), "-q", "-o"], "page.html"),
            "compare": (["compare", str(self.whole_run), str(self.whole_run), "-q", "-o"], "page.html"),
        }
        tries = 0
        for title, (words, name) in commands.items():
            inner = self.place()
            total = self.calls_of([*words, str(inner / name)])
            size = sum(p.stat().st_size for p in inner.rglob("*") if p.is_file())
            shutil.rmtree(inner)
            for kind in ("fail", "full"):
                for at in self.chosen(total):
                    inner = self.place()
                    code, err = self.call([*words, str(inner / name)], at=at, kind=kind)
                    what = f"{title}, {kind} at call {at} of {total}"
                    self.expect(code in (0, 10), f"{what}: exit {code}: {err}")
                    if code == 10:
                        self.expect("error[E5" in err, f"{what}: exit 10 without a reason: {err}")
                    for entry in inner.iterdir():
                        if entry.name == name:
                            now = sum(p.stat().st_size for p in inner.rglob("*") if p.is_file())
                            # Times in a stress report have one length; pages and tables are equal.
                            self.expect(abs(now - size) < 64, f"{what}: {name} is there with {now} of {size} bytes")
                        else:
                            self.expect(entry.name.startswith(name + ".incomplete") and str(entry) in err
                                        and not self.whole_files(entry), f"{what}: leaves {entry.name}")
                    shutil.rmtree(inner)
                    tries += 1
        self.note("disk full in export, stress, sample, new, report, compare", tries)

        # Many paths: the worlds stay, and the same command with --resume ends the run.
        tries = 0
        paths = ("--paths", "3", "--workers", "1")
        inner = self.place()
        total = self.calls_of(self.run_words(inner / "x", *paths))
        expected = json.loads((inner / "x/summary.json").read_text())["digest"]
        shutil.rmtree(inner)
        for at in self.chosen(total)[::3]:
            inner = self.place()
            code, err = self.call(self.run_words(inner / "x", *paths), at=at, kind="full")
            self.expect(code in (0, 10), f"paths, full at {at} of {total}: exit {code}: {err}")
            self.expect((inner / "x").exists() == (code == 0), f"paths, full at {at}: exit {code} and "
                        f"{[p.name for p in inner.iterdir()]}")
            code, err = self.call(self.run_words(inner / "x", *paths, "--resume"))
            self.expect(code == 0 and not self.whole(inner / "x", expected),
                        f"paths, resumed after full at {at}: exit {code} {err} {self.whole(inner / 'x', expected)}")
            shutil.rmtree(inner)
            tries += 1
        self.note("disk full in many paths, resumed", tries)
        shutil.rmtree(place)

    def streams(self):
        place = self.place()
        run = str(self.whole_run)
        commands = [
            (["run", *SCENARIO, "--progress", "plain"], True),
            (["run", *SCENARIO, "--progress", "plain", "--json"], True),
            (["validate", *SCENARIO], False),
            (["validate", *SCENARIO, "--json"], False),
            (["new", "flash"], False),
            (["schema"], False),
            (["explain", "random.seed"], False),
            (["query", run, "SELECT * FROM metrics"], False),
            (["compare", run, run], False),
            (["verify", run, *QUIET], False),
            (["export", run, "-o", str(place / "csv")], False),
            (["bench", "health", "--json"], False),
        ]
        redirections = {
            "stdout full": (">/dev/full", 10), "stdout closed": (">&-", 0), "stderr full": ("2>/dev/full", 0),
            "stderr closed": ("2>&-", 0), "both full": (">/dev/full 2>/dev/full", 10), "all closed": ("<&- >&- 2>&-", 0),
            "reader gone": ("2>&1 | true", 0), "one line read": ("2>&1 | head -n 1", 0),
        }
        tries = 0
        for words, makes_run in commands:
            for title, (redirection, expected) in redirections.items():
                inner = self.place()
                line = [self.binary, *words, *(["-o", str(inner / "x")] if makes_run else [])]
                quoted = " ".join("'" + w.replace("'", "'\\''") + "'" for w in line)
                code = subprocess.run(["bash", "-c", f"{quoted} {redirection}; exit ${{PIPESTATUS[0]}}"],
                                      env=self.environment(), cwd=inner, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
                what = f"{' '.join(words[:1])} with {title}"
                self.expect(code == expected, f"{what}: exit {code}, expected {expected}")
                if makes_run:
                    self.expect(not self.whole(inner / "x", self.digest), f"{what}: x {self.whole(inner / 'x', self.digest)}")
                shutil.rmtree(inner)
                tries += 1
        shutil.rmtree(place)
        self.note("streams that are closed, full or without a reader", tries)

    def signals(self):
        # A run of so many simulated hours that it is never at its end.
        long = ["--set", "clock.length=20 h", "--set", "clock.day_to=20 h"]
        tries = 0
        for k in range(max(1, self.args.kills // 10)):
            for name in ("INT", "TERM", "HUP"):
                inner = self.place()
                process = self.start(self.run_words(inner / "x", *long))
                while not any(inner.iterdir()) and process.poll() is None:
                    time.sleep(0.005)
                time.sleep(self.chance.uniform(0, 1.0) * self.took)
                process.send_signal(getattr(signal, "SIG" + name))
                if k % 2 == 1:  # as `timeout` does
                    process.send_signal(getattr(signal, "SIG" + name))
                _, err = process.communicate(timeout=120)
                what = f"SIG{name} ({k})"
                self.expect(process.returncode == 6, f"{what}: exit {process.returncode} {err}")
                self.expect(not self.whole(inner / "x", interrupted=True),
                            f"{what}: x {self.whole(inner / 'x', interrupted=True)}")
                summary = json.loads((inner / "x/summary.json").read_text())
                scored = [row for row in summary.get("observed", []) if row.get("inside") is not None]
                self.expect(summary["interrupted"] and not scored, f"{what}: an interrupted run is scored")
                shutil.rmtree(inner)
                tries += 1
        self.note("INT, TERM and HUP, once and doubled", tries)

    def parallel(self):
        tries = 0
        for many in (2, 8):
            for same in (False, True):
                inner = self.place()
                (inner / "into").mkdir()
                for target in ("into", "named"):
                    processes = [self.start(self.run_words(inner / target, "--seed", str(1 if same else k + 1)))
                                 for k in range(many)]
                    for process in processes:
                        _, err = process.communicate(timeout=300)
                        self.expect(process.returncode == 0, f"{many} starts: exit {process.returncode} {err}")
                    where = (inner / "into").iterdir() if target == "into" else inner.glob("named*")
                    folders = sorted(where)
                    what = f"{many} starts into {target}, {'one seed' if same else 'seeds'}"
                    self.expect(len(folders) == many, f"{what}: {[f.name for f in folders]}")
                    seeds = []
                    for folder in folders:
                        self.expect(not self.whole(folder), f"{what}: {folder.name} {self.whole(folder)}")
                        seeds.append(json.loads((folder / "manifest.json").read_text())["seed"])
                    self.expect(sorted(seeds) == sorted([1] * many if same else range(1, many + 1)),
                                f"{what}: seeds {seeds}")
                    tries += 1
                shutil.rmtree(inner)
        self.note("two and eight parallel starts", tries)
        # A folder that lies there with our usual names is nobody's but its owner's.
        inner = self.place()
        for name in ("x.partial", "y.partial"):
            (inner / name / "inside").mkdir(parents=True)
            (inner / name / "crash.txt").write_text("old")
        code, err = self.call(self.run_words(inner / "x"))
        self.expect(code == 0 and not self.whole(inner / "x", self.digest), f"beside x.partial: exit {code} {err}")
        code, err = self.call(self.run_words(inner / "y", "--paths", "2", "--resume"))
        self.expect(code == 4 and "E715" in err, f"a stranger's y.partial is resumed: exit {code} {err}")
        for name in ("x.partial", "y.partial"):
            self.expect(sorted(p.name for p in (inner / name).iterdir()) == ["crash.txt", "inside"],
                        f"{name} was changed")
        code, err = self.call(self.run_words(inner / "named", "--set", 'meta.name="../../../escaped"'), cwd=inner)
        code, err = self.call(["run", *SCENARIO, *QUIET, "-q", "--set", 'meta.name="../../../escaped"'], cwd=inner)
        made = [p.name for p in (inner / "runs").iterdir()] if (inner / "runs").exists() else []
        self.expect(code == 0 and len(made) == 1 and "/" not in made[0] and not list(self.top.glob("escaped*")),
                    f"a name with ../ gives {made}: {err}")
        code, err = self.call(self.run_words(str(inner / "slash") + "/"))
        self.expect(code == 0 and not self.whole(inner / "slash", self.digest), f"-o slash/: exit {code} {err}")
        shutil.rmtree(inner)
        self.note("names and folders of strangers", 4)


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("margincall")
    ask.add_argument("folder")
    ask.add_argument("--small", action="store_true", help="few of each kind: --kills 4 --every 400 --only kills,parallel")
    ask.add_argument("--kills", type=int, default=100)
    ask.add_argument("--every", type=int, default=1, help="of the calls that write, every n-th is refused")
    ask.add_argument("--seed", type=int, default=1, help="of the random moments")
    ask.add_argument("--only", default="kills,disk,streams,signals,parallel")
    args = ask.parse_args()
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, and would be in what is started here
    if args.small:
        args.kills, args.every, args.only = 4, 400, "kills,parallel"
    faults = Faults(args.margincall, args.folder, args)
    faults.reference()
    started = time.monotonic()
    for part in args.only.split(","):
        getattr(faults, part)()
    print(f"{sum(faults.counts.values())} faults in {time.monotonic() - started:.0f} s, {len(faults.failures)} failures")
    sys.exit(1 if faults.failures else 0)


if __name__ == "__main__":
    main()

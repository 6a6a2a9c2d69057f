from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import List

import pytest

import margincall as mc


def test_digest_is_that_of_the_command_line(run: mc.Run, folder: Path) -> None:
    loaded = mc.load(folder)
    assert run.digest == loaded.digest and len(run.digest) == 16
    assert mc.run(mc.Scenario.from_text(run.resolved), record=False).digest == run.digest
    assert run.scenario.hash == mc.Scenario.load(folder / "resolved.toml").hash


def test_seed(tiny: Path, run: mc.Run) -> None:
    other = mc.run(tiny, seed=4, record=False)
    assert other.seed == 4 and other.digest != run.digest
    assert run.seed == 3


def test_save_is_a_run_folder(run: mc.Run, tmp_path: Path) -> None:
    saved = run.save(tmp_path / "deep" / "one")
    assert saved == tmp_path / "deep" / "one"
    assert {f.name for f in saved.iterdir()} >= {"manifest.json", "run.db", "summary.json", "report.html"}
    assert mc.load(saved).digest == run.digest
    assert mc.command(["verify", str(saved), "--progress", "none"]).code == 0
    with pytest.raises(FileExistsError):
        run.save(saved)


def test_out(tiny: Path, tmp_path: Path) -> None:
    made = mc.run(tiny, out=tmp_path / "out")
    assert made.folder == tmp_path / "out" and (made.folder / "report.html").is_file()


def test_report(run: mc.Run, folder: Path, tmp_path: Path) -> None:
    assert "<html" in run.report(tmp_path / "a.html").read_text(encoding="utf-8")[:200]
    loaded = mc.load(folder)
    page = loaded.report(tmp_path / "b.html")
    assert page.read_bytes() == (folder / "report.html").read_bytes()


def test_summary(run: mc.Run, folder: Path) -> None:
    figure = run.summary["btc_low"]
    assert figure.unit and figure.value and figure.measured == 100_000
    assert figure.tolerance is not None
    assert figure.inside is (abs(figure.value - 100_000) <= figure.tolerance)
    assert list(run.summary) == list(mc.load(folder).summary)
    for name, other in mc.load(folder).summary.items():
        assert run.summary[name] == other
    text = repr(run.summary)
    assert "simulated" in text and "BTC low" in text
    html = run._repr_html_()
    assert "BTC low" in html and "$100,000" in html and "<script" not in html
    assert run.title in html and "fell" in html


def test_query(run: mc.Run) -> None:
    table = run.query("SELECT name, value FROM metrics ORDER BY name")
    assert table.column_names == ["name", "value"]
    assert dict(zip(table["name"], table["value"]))["btc_low"] == run.summary["btc_low"].value
    with pytest.raises(mc.MargincallError) as caught:
        run.query("SELECT nothing FROM nowhere")
    assert caught.value.code == "E523"
    with pytest.raises(mc.MargincallError) as caught:
        run.query("DELETE FROM runs")
    assert caught.value.code == "E524"


def test_paths(paths: mc.Run, run: mc.Run) -> None:
    assert paths.seeds == [3, 4, 5]
    figure = paths.summary["btc_low"]
    assert figure.n == 3 and figure.se is not None
    assert figure.p05 is not None and figure.value is not None and figure.p95 is not None
    assert figure.p05 <= figure.value <= figure.p95
    bands = paths.table("bands")
    assert set(bands["series"]) >= {"btc_price"} and "time" in bands
    values = paths.table("path_metrics")
    first = values["value"][(values["seed"] == "3") & (values["metric"] == "btc_low")]
    assert first[0] == run.summary["btc_low"].value
    assert list(paths.table("paths")["seed"]) == ["3", "4", "5"]
    # The records are those of the first path.
    assert (paths.table("series")["close"] == run.table("series")["close"]).all()
    assert "5 … 95 %" in paths._repr_html_()


def test_paths_without_a_folder(tiny: Path, paths: mc.Run) -> None:
    told: List[float] = []
    scenario = mc.Scenario.from_text(mc.Scenario.load(tiny).resolved)
    made = mc.run(scenario, paths=3, progress=told.append)
    assert made.digest == paths.digest
    place = made.folder
    assert place.is_dir() and told[-1] == 1.0
    del made
    assert not place.exists()


def test_no_record(tiny: Path) -> None:
    made = mc.run(tiny, record=False)
    assert "series" not in made.tables and "inputs" in made.tables
    with pytest.raises(KeyError, match="record=False"):
        made.table("series")


def test_progress_and_threads(tiny: Path) -> None:
    """The interpreter's lock is free while a world runs."""
    told: List[float] = []
    ticks = 0
    done = threading.Event()

    def count() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0.002)

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    mc.run(tiny, record=False, progress=told.append)
    done.set()
    thread.join()
    assert ticks > 20
    assert told and told == sorted(told) and told[-1] == 1.0

    def broken(share: float) -> None:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        mc.run(tiny, record=False, progress=broken)


LONG = """
import sys, margincall as mc
s = mc.Scenario.load(sys.argv[1])
s.set({"clock.length": "40 h", "clock.day_to": "40 h"})
told = []
def begun(share):
    if not told:
        print("begun", flush=True)
    told.append(share)
try:
    mc.run(s, record=False, progress=begun)
except KeyboardInterrupt:
    print("KeyboardInterrupt")
    print(mc.run(sys.argv[1], record=False).digest)  # everything still works
"""


def interrupt_after_begun(code: str, *arguments: str) -> List[str]:
    child = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "begun\n"
    os.kill(child.pid, signal.SIGINT)
    out, _ = child.communicate(timeout=120)
    return out.splitlines()


def test_ctrl_c(tiny: Path, run: mc.Run) -> None:
    assert interrupt_after_begun(LONG, str(tiny)) == ["KeyboardInterrupt", run.digest]


PATHS = """
import sys, margincall as mc
told = []
def begun(share):
    if share > 0 and not told:
        print("begun", flush=True)
        told.append(share)
try:
    mc.run(sys.argv[1], paths=500, workers=1, out=sys.argv[2], progress=begun)
except KeyboardInterrupt as problem:
    print("KeyboardInterrupt", "--resume" in str(problem))
    print(mc.command(["explain", "E712"]).code)
"""


def test_ctrl_c_of_many_paths(tiny: Path, tmp_path: Path) -> None:
    """The world that runs is finished and kept."""
    out = tmp_path / "many"
    assert interrupt_after_begun(PATHS, str(tiny), str(out)) == ["KeyboardInterrupt True", "0"]
    kept = list(out.with_name("many.partial").glob("parts/*.jsonl"))
    assert kept and kept[0].read_text(encoding="utf-8").endswith("\n")


def test_bad_input_of_run(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        mc.run(tiny, paths=0)
    with pytest.raises(FileExistsError):
        mc.run(tiny, out=tmp_path)
    with pytest.raises(mc.MargincallError) as caught:
        mc.load(tmp_path)
    assert caught.value.code == "E521"


def test_a_bug_of_the_core_is_an_exception() -> None:
    with pytest.raises(mc.MargincallError, match="1 against 2") as caught:
        getattr(mc._core, "_fail_check")()
    assert caught.value.code == "internal"


def test_worlds_on_several_threads(tiny: Path, run: mc.Run) -> None:
    digests: List[str] = []
    threads = [
        threading.Thread(target=lambda: digests.append(mc.run(tiny, record=False).digest)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert digests == [run.digest, run.digest]


def test_command(tiny: Path) -> None:
    answer = mc.command(["explain", "agents.market_maker.firms"])
    assert answer.code == 0 and "unit" in answer.out and answer.err == ""
    wrong = mc.command(["rum"])
    assert wrong.code == 2 and wrong.err
    assert mc.command(["validate", str(tiny)]).code == 0


def test_import_is_quick() -> None:
    code = (
        "import sys, time; t = time.perf_counter(); import margincall; print(time.perf_counter() - t); "
        "print([m for m in ('numpy', 'pandas', 'pyarrow', 'polars', 'matplotlib', 'ray') if m in sys.modules])"
    )
    best = 9.0
    for _ in range(3):
        lines = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        best = min(best, float(lines[0]))
        assert lines[1] == "[]"
    assert best < 0.3

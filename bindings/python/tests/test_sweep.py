from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import List

import numpy
import pytest

import margincall as mc

SHORT = Path(__file__).with_name("short.toml")
GRID = {"agents.market_maker.firms": [2, 4], "random.seed": range(11, 14)}


def digests(sweep: mc.Sweep) -> List[str]:
    return [f"{key} {digest}" for key, digest in zip(sweep.worlds["key"], sweep.worlds["digest"])]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> mc.Sweep:
    return mc.sweep(SHORT, GRID, out=tmp_path_factory.mktemp("sweep") / "a")


def test_grid_times_seeds(done: mc.Sweep) -> None:
    assert len(done) == done.finished == 6 and done.complete
    assert done.cells == [{"agents.market_maker.firms": "2"}, {"agents.market_maker.firms": "4"}]
    assert done.seeds == range(11, 14) and done.paths == 3
    worlds = done.worlds
    assert list(worlds["index"]) == [0, 1, 2, 3, 4, 5]
    assert list(worlds["cell"]) == [0, 0, 0, 1, 1, 1]
    assert list(worlds["agents.market_maker.firms"]) == [2, 2, 2, 4, 4, 4]
    assert list(worlds["seed"]) == [11, 12, 13, 11, 12, 13]
    assert len(set(worlds["key"])) == len(set(worlds["digest"])) == 6
    assert worlds.units["btc_low"] == "USD per coin" and worlds.units["wall_s"] == "s"
    assert (worlds["btc_low"] > 50_000).all()
    # Not known is null: a world of minutes has no settled funding rate.
    assert worlds.to_arrow()["funding_btc_last"].null_count == 6


def test_summary_is_the_command_lines(done: mc.Sweep) -> None:
    written = json.loads((done.path / "summary.json").read_text())
    assert written["finished"] == 6
    for cell, row in enumerate(written["cells"]):
        for metric, figure in row["summary"]["metrics"].items():
            for quantile in ("p05", "p50", "p95"):
                here = done.summary[f"{metric}_{quantile}"][cell]
                assert here == figure[quantile] or (figure[quantile] is None and numpy.isnan(here)), metric
    low = done.worlds["btc_low"][:3]
    assert done.summary["btc_low_p50"][0] == numpy.median(low)
    assert list(done.summary["worlds"]) == [3, 3]


def test_a_folder_is_shared_with_the_command_line(done: mc.Sweep, tmp_path: Path) -> None:
    command = ["sweep", str(SHORT), "--vary", "agents.market_maker.firms=2,4", "--paths", "3", "--seed-from", "11"]
    # Begun there, finished here.
    begun = mc.command([*command, "--out", str(tmp_path / "a"), "--shard", "1/2", "--progress", "none"])
    assert begun.code == 0, begun.err
    half = mc.load_sweep(tmp_path / "a")
    assert half.finished == 3 and not half.complete
    rest = mc.sweep(SHORT, GRID, out=tmp_path / "a")
    assert rest.usage["fresh"] == 3 and digests(rest) == digests(done)
    # Begun here, finished there.
    mc.sweep(SHORT, GRID, out=tmp_path / "b", shard="2/2")
    ended = mc.command([*command, "--out", str(tmp_path / "b"), "--resume", "--progress", "none"])
    assert ended.code == 0, ended.err
    assert digests(mc.load_sweep(tmp_path / "b")) == digests(done)
    assert mc.command(["sweep", "verify", str(tmp_path / "b"), "--percent", "100"]).code == 0
    # Nothing is run twice.
    assert mc.sweep(SHORT, GRID, out=tmp_path / "b").usage["fresh"] == 0


def test_a_changed_scenario_needs_no_file(done: mc.Sweep, tmp_path: Path) -> None:
    scenario = mc.Scenario.from_text(SHORT.read_text(), name="mine")
    scenario["agents.market_maker.firms"] = 4
    one = mc.sweep(scenario, paths=1, seed=12, out=tmp_path / "a")
    assert one.cells == [{}]
    assert one.worlds["digest"][0] == done.worlds["digest"][4]
    assert digests(mc.load_sweep(tmp_path / "a").resume()) == digests(one)


def test_points(done: mc.Sweep, tmp_path: Path) -> None:
    key = "agents.market_maker.firms"
    points = [{key: 4}, {key: 2, "agents.market_maker.inventory_max": "25 %"}, {key: 4}, {key: 2}]
    sweep = mc.sweep(SHORT, points=points, paths=1, seed=11, out=tmp_path / "a", shard=(1, 3))
    assert len(sweep.cells) == 3 and sweep.finished == 1
    # The command line goes on with what no option of it could have asked for.
    assert mc.command(["sweep", "resume", str(tmp_path / "a"), "--progress", "none"]).code == 0
    sweep = sweep.reload()
    assert sweep.complete
    lows = sweep.at_points("btc_low")
    assert lows[0] == lows[2] == done.worlds["btc_low"][3] and lows[3] == done.worlds["btc_low"][0]
    assert numpy.isnan(sweep.summary["agents.market_maker.inventory_max"][[0, 2]]).all()
    assert sweep.summary["agents.market_maker.inventory_max"][1] == 25
    assert sweep.summary.units["agents.market_maker.inventory_max"] == "%"


def test_values_of_a_grid(tmp_path: Path) -> None:
    made = mc.sweep(
        SHORT,
        {"agents.market_maker.inventory_max": mc.lin("10 %", "30 %", 2), "agents.market_maker.firms": "2,4"},
        paths=1,
        out=tmp_path / "a",
        shard=(1, 100),
    )
    assert [list(cell.values()) for cell in made.cells] == [["10 %", "2"], ["10 %", "4"], ["30 %", "2"], ["30 %", "4"]]
    words = mc.sweep(SHORT, {"world.size": ["reduced", "preview"]}, paths=1, out=tmp_path / "b", shard=(9, 100))
    assert list(words.summary["world.size"]) == ["reduced", "preview"] and words.finished == 0
    assert numpy.isnan(words.at_points("btc_low")).all()


def test_lin() -> None:
    assert mc.lin(0.1, 0.5, 5) == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert mc.lin(2, 8, 4) == [2, 4, 6, 8] and all(isinstance(value, int) for value in mc.lin(2, 8, 4))
    assert mc.lin("10 %", "50 %", 3) == ["10 %", "30 %", "50 %"]
    with pytest.raises(ValueError, match="two values"):
        mc.lin(0, 1, 1)
    with pytest.raises(mc.MargincallError, match="units"):
        mc.lin("10 %", "50 h", 3)


@pytest.mark.parametrize("seeds", [[1, 3], [2, 1], [], "1,2", [1.5, 2.5], [-1, 0], ["x"]])
def test_seeds_of_a_grid_are_consecutive(seeds: object) -> None:
    with pytest.raises(ValueError, match="consecutive"):
        mc.sweep(SHORT, {"random.seed": seeds})  # type: ignore[dict-item]


def test_what_is_asked_wrongly(tmp_path: Path, done: mc.Sweep) -> None:
    with pytest.raises(ValueError, match="not both"):
        mc.sweep(SHORT, {"random.seed": range(3)}, paths=3)
    with pytest.raises(ValueError, match="not both"):
        mc.sweep(SHORT, {"world.size": ["reduced"]}, points=[{"world.size": "preview"}])
    with pytest.raises(ValueError, match="random.seed is not a part"):
        mc.sweep(SHORT, points=[{"random.seed": 3}])
    with pytest.raises(ValueError, match="engine"):
        mc.sweep(SHORT, engine="spark")
    with pytest.raises(ValueError, match="shard"):
        mc.sweep(SHORT, shard="9/8")
    with pytest.raises(mc.ScenarioError, match=r"cell agents.market_maker.firms=-1"):
        mc.sweep(SHORT, {"agents.market_maker.firms": [4, -1]}, out=tmp_path / "a")
    with pytest.raises(mc.MargincallError) as twice:
        mc.sweep(SHORT, {"agents.market_maker.inventory_max": ["30 %", 0.3]}, out=tmp_path / "a")
    assert twice.value.code == "E701" and "the same world" in str(twice.value)
    assert not (tmp_path / "a").exists()
    with pytest.raises(mc.MargincallError) as begun:
        mc.sweep(SHORT, GRID, out=done.path, resume=False)
    assert begun.value.code == "E714"
    with pytest.raises(mc.MargincallError) as other:
        mc.sweep(SHORT, {"agents.market_maker.firms": [3]}, paths=1, out=done.path)
    assert other.value.code == "E711"
    with pytest.raises(mc.MargincallError) as none:
        mc.load_sweep(tmp_path)
    assert none.value.code == "E715"
    with pytest.raises(KeyError, match="docs/metrics.md"):
        done.at_points("no_such_metric")


def test_the_folder_goes_by_what_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ours = mc.sweep(SHORT, {"agents.market_maker.firms": [2, 4]}, paths=1, shard=(1, 50))
    assert ours.path.parent == Path("sweeps") and ours.path.name == ours.name
    answer = mc.command(
        ["sweep", str(SHORT), "--vary", "agents.market_maker.firms=2,4", "--paths", "1", "--resume", "--progress", "none"]
    )
    assert answer.code == 0, answer.err
    assert mc.load_sweep(ours.path).complete
    assert [folder.name for folder in Path("sweeps").iterdir()] == [ours.name]


def test_curves_and_bands(done: mc.Sweep) -> None:
    series = done.series
    assert set(series["index"]) == set(range(6)) and len(series) % 6 == 0
    assert series["time_ns"][0] == series["hours"][0] * 3.6e12 > 0
    bands = done.bands(1)
    cell = series["cell"] == 1
    prices = series["btc_price"][cell].reshape(3, -1)
    assert list(bands["btc_price_p50"]) == list(numpy.median(prices, axis=0))
    assert (bands["btc_price_p05"] <= bands["btc_price_p95"]).all()
    with pytest.raises(IndexError):
        done.bands(2)


def test_on_the_screen(done: mc.Sweep) -> None:
    assert "6 of 6 worlds; 2 cells of agents.market_maker.firms × 3 seeds" in repr(done)
    page = done._repr_html_()
    assert page.count("<tr>") == 3 and "btc_fall_open_to_low" in page


def test_pictures(done: mc.Sweep, tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    axes = done.plot.band("btc_low", x="agents.market_maker.firms")
    assert axes.get_xlabel() == "agents.market_maker.firms" and "USD" in axes.get_ylabel()
    assert done.plot.curve("btc_price", cell=1).get_ylabel() == "btc_price [USD per coin]"
    grid = mc.sweep(
        SHORT,
        {"agents.market_maker.firms": [2, 4], "agents.market_maker.inventory_max": ["10 %", "30 %"]},
        paths=1,
        seed=11,
        out=tmp_path / "a",
        shard=(1, 2),
    )
    axes = grid.plot.surface("agents.market_maker.firms", "agents.market_maker.inventory_max", "btc_low")
    shown = axes.images[0].get_array()
    assert shown.shape == (2, 2) and shown.mask.sum() == 2
    assert axes.get_ylabel() == "agents.market_maker.inventory_max [%]"
    with pytest.raises(ValueError, match="inventory_max"):
        grid.plot.band("btc_low", x="agents.market_maker.firms")
    grid.plot.band("btc_low", x="agents.market_maker.firms", where={"agents.market_maker.inventory_max": 10})
    with pytest.raises(KeyError, match="was not varied"):
        grid.plot.band("btc_low", x="world.size")


def test_progress_is_told(tmp_path: Path) -> None:
    seen: List[tuple] = []
    mc.sweep(SHORT, paths=2, out=tmp_path / "a", workers=1, progress=lambda *now: seen.append(now))
    assert seen and seen[-1][0] == 2 and seen[-1][2] == 0
    with pytest.raises(RuntimeError, match="mine"):
        mc.sweep(SHORT, paths=40, out=tmp_path / "b", workers=1, progress=lambda *now: _raise())
    assert 0 < mc.load_sweep(tmp_path / "b").finished < 40  # the world that ran is kept


def _raise() -> None:
    raise RuntimeError("mine")


def test_other_threads_run_meanwhile(tmp_path: Path) -> None:
    ticks: List[int] = []
    stop = threading.Event()

    def count() -> None:
        while not stop.wait(0.005):
            ticks.append(1)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        mc.sweep(SHORT, paths=2, workers=1, out=tmp_path / "a")
    finally:
        stop.set()
        thread.join()
    assert len(ticks) > 5


def test_ctrl_c_keeps_what_is_finished(tmp_path: Path, done: mc.Sweep) -> None:
    code = (
        "import sys, margincall as mc\n"
        "print('begun', flush=True)\n"
        f"mc.sweep({str(SHORT)!r}, paths=300, seed=11, workers=1, out=sys.argv[1])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "a")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "begun\n"
    parts = tmp_path / "a" / "parts"
    while not any(part.stat().st_size for part in parts.glob("*.jsonl")):
        assert process.poll() is None
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in err and process.returncode != 0
    kept = mc.load_sweep(tmp_path / "a")
    assert 0 < kept.finished < 300
    # Two may not work on one folder; afterwards it is free.
    again = mc.sweep(SHORT, paths=300, seed=11, out=tmp_path / "a", shard=(300, 300))
    assert again.finished == kept.finished + 1


def test_one_at_a_time(tmp_path: Path) -> None:
    from margincall import _core

    tasks = _core.TaskList.make(str(SHORT), None, [], [], [], 2, 11)
    held = _core.hold_folder(tasks, str(tmp_path / "a"), (1, 1))
    for shard in (None, "2/2"):
        with pytest.raises(mc.MargincallError) as refused:
            mc.sweep(SHORT, paths=2, seed=11, out=tmp_path / "a", shard=shard)
        assert refused.value.code == "E712"
    held.close()
    assert mc.sweep(SHORT, paths=2, seed=11, out=tmp_path / "a").complete


def test_a_failed_world_is_a_row(tmp_path: Path) -> None:
    from margincall import _core

    first = mc.sweep(SHORT, paths=2, seed=11, out=tmp_path / "a", shard=(1, 2))
    tasks = _core.TaskList.of_folder(str(first.path))
    _core.append_failed(tasks, str(first.path), 1, "made up")
    with pytest.warns(RuntimeWarning, match="1 of 2 worlds failed"):
        failed = mc.sweep(SHORT, paths=2, seed=11, out=tmp_path / "a")
    assert list(failed.failed["reason"]) == ["made up"] and list(failed.failed["seed"]) == [12]
    assert "1 failed" in repr(failed)
    assert failed.resume(retry_failed=True).complete


def test_a_finished_run_of_many_paths_is_a_sweep_of_one_cell(tmp_path: Path) -> None:
    out = tmp_path / "run"
    answer = mc.command(["run", str(SHORT), "--paths", "2", "--out", str(out), "--progress", "none", "-q"])
    assert answer.code == 0, answer.err
    before = (out / "summary.json").read_bytes()
    loaded = mc.load_sweep(out)
    assert loaded.complete and loaded.cells == [{}]
    assert loaded.resume().finished == 2 and (out / "summary.json").read_bytes() == before

"""The Ray engine on a cluster of this machine. The large comparison is bindings/python/tests/many_worlds.py."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any, Iterator, List

import pytest

import margincall as mc

ray = pytest.importorskip("ray")

SHORT = Path(__file__).with_name("short.toml")
WORLDS = 40


def digests(sweep: mc.Sweep) -> List[str]:
    return [f"{key} {digest}" for key, digest in zip(sweep.worlds["key"], sweep.worlds["digest"])]


@pytest.fixture()
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        yield made
    finally:
        ray.shutdown()
        made.shutdown()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> mc.Sweep:
    return mc.sweep(SHORT, paths=WORLDS, seed=1, out=tmp_path_factory.mktemp("local") / "a")


def test_a_worker_killed_midway(cluster: Any, local: mc.Sweep, tmp_path: Path) -> None:
    """Two machines of one CPU, one of which dies: same worlds, and the rest of the sweep does the command line."""
    cluster.add_node(num_cpus=1)
    second = cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False)
    cluster.wait_for_nodes()
    out = tmp_path / "a"
    killed = threading.Event()

    def watch(worlds: int, finished: int, *_: Any) -> None:
        if finished >= 6 and not killed.is_set():
            killed.set()
            cluster.remove_node(second, allow_graceful=False)

    done = mc.sweep(SHORT, paths=WORLDS, seed=1, engine="ray", out=out, shard="1/1", progress=watch)
    assert killed.is_set()
    assert done.complete and digests(done) == digests(local)
    parts = sorted(part.name for part in (out / "parts").glob("*.jsonl"))
    assert 1 <= len(parts) <= 4 and all(name.startswith("ray-") for name in parts)
    assert done.usage["engine"] == "ray" and done.usage["memory_mb"] > 10
    assert (out / "summary.json").exists()
    # Nothing is left; a new world list of the same folder is refused while Ray's driver holds it (test_sweep).
    assert done.resume(engine="ray").usage["fresh"] == 0


def test_engines_finish_each_others_work(local: mc.Sweep, tmp_path: Path) -> None:
    ray.init(num_cpus=2, log_to_driver=False, include_dashboard=False)
    try:
        out = tmp_path / "a"
        # A shard by the command line, another by threads, the rest by Ray, through its folder alone.
        command = ["sweep", str(SHORT), "--paths", str(WORLDS), "--seed-from", "1", "--out", str(out)]
        assert mc.command([*command, "--shard", "1/3", "--progress", "none"]).code == 0
        mc.sweep(SHORT, paths=WORLDS, seed=1, out=out, shard="2/3")
        before = mc.load_sweep(out).finished
        rest = mc.load_sweep(out).resume(engine="ray", workers=1)
        assert rest.usage["fresh"] == WORLDS - before == 13
        assert digests(rest) == digests(local)
        assert mc.command(["sweep", "verify", str(out), "--percent", "5"]).code == 0
    finally:
        ray.shutdown()


def test_a_world_that_ends_its_process_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from margincall import ray_engine

    def dies(name: str, texts: List[Any], folder: str, indices: List[int]) -> Any:
        if 2 in indices:
            time.sleep(0.1)
            os._exit(1)
        return ray_engine._run_block(name, texts, folder, indices)

    monkeypatch.setattr("margincall.ray_engine._Driver._block", lambda *_: 2)
    monkeypatch.setattr("margincall.ray_engine._block_function", lambda: dies)
    ray.init(num_cpus=2, log_to_driver=False, include_dashboard=False)
    try:
        with pytest.warns(RuntimeWarning, match="1 of 6 worlds failed"):
            done = mc.sweep(SHORT, paths=6, seed=1, engine="ray", retries=0, out=tmp_path / "a")
    finally:
        ray.shutdown()
    assert done.finished == 5 and list(done.failed["index"]) == [2]
    assert "died" in done.failed["reason"][0]
    assert done.resume(retry_failed=True).complete


def test_workers_that_see_another_folder_are_an_error(tmp_path: Path) -> None:
    from margincall import _core

    tasks = _core.TaskList.make(str(SHORT), None, [], [], [], 2, 11)
    with pytest.raises(mc.MargincallError) as other:
        _core.run_block(tasks, str(tmp_path), "ray-x", [0])
    assert other.value.code == "E715" and "machine" in other.value.message

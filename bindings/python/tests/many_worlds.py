"""The same worlds on threads, as 8 shards in processes of their own, and on a Ray cluster of two machines of which one is
killed midway: same numbers, all worlds there. By hand; test_ray.py is the small version.

    python bindings/python/tests/many_worlds.py                1,000 reduced worlds of six minutes
    python bindings/python/tests/many_worlds.py --worlds 100
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Dict, List

import margincall as mc

SHORT = Path(__file__).with_name("short.toml")


def answer(sweep: mc.Sweep) -> str:
    """One hash of every key, digest and metric."""
    table = sweep.worlds
    hashed = hashlib.sha256()
    for name in table.column_names:
        if name not in ("wall_s", "peak_rss_mb", "part"):
            hashed.update(name.encode() + repr(table[name].tolist()).encode())
    return hashed.hexdigest()[:16]


def cpu() -> float:
    return sum(
        getattr(resource.getrusage(who), field)
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        for field in ("ru_utime", "ru_stime")
    )


def files(folder: Path) -> int:
    return len(list((folder / "parts").glob("*.jsonl")))


def on_threads(out: Path, worlds: int, workers: int) -> mc.Sweep:
    return mc.sweep(SHORT, paths=worlds, seed=1, out=out, workers=workers, progress=False)


def as_shards(out: Path, worlds: int, workers: int) -> mc.Sweep:
    code = "import sys, margincall as mc; mc.sweep(sys.argv[1], paths=int(sys.argv[2]), seed=1, out=sys.argv[3], shard=sys.argv[4], workers=1)"
    waiting = [f"{shard}/8" for shard in range(1, 9)]
    running: List["subprocess.Popen[bytes]"] = []
    while waiting or running:
        running = [process for process in running if process.poll() is None]
        while waiting and len(running) < workers:
            arguments = [sys.executable, "-c", code, str(SHORT), str(worlds), str(out), waiting.pop(0)]
            running.append(subprocess.Popen(arguments))
        time.sleep(0.1)
    return mc.load_sweep(out)


def on_ray(out: Path, worlds: int, workers: int) -> mc.Sweep:
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    second = cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False)
    cluster.wait_for_nodes()
    killed = threading.Event()

    def watch(total: int, finished: int, *_: Any) -> None:
        if finished >= total // 2 and not killed.is_set():
            killed.set()
            print(f"   killed one of two machines at {finished} of {total} worlds", flush=True)
            cluster.remove_node(second, allow_graceful=False)

    try:
        done = mc.sweep(SHORT, paths=worlds, seed=1, out=out, engine="ray", progress=watch)
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert killed.is_set()
    return done


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--worlds", type=int, default=1000)
    ask.add_argument("--workers", type=int, default=2)
    args = ask.parse_args()
    answers: Dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="margincall-many-") as temporary:
        for name, run in (("threads", on_threads), ("8 shards", as_shards), ("ray, one killed", on_ray)):
            out = Path(temporary) / name.split()[-1]
            began, before = time.monotonic(), cpu()
            done = run(out, args.worlds, args.workers)
            elapsed, used = time.monotonic() - began, cpu() - before
            assert done.complete and len(done) == args.worlds, repr(done)
            answers[name] = answer(done)
            world_s = float(done.worlds["wall_s"].sum())
            print(
                f"{name:16} {done.finished} worlds  answer {answers[name]}  {files(out)} part files  {elapsed:.0f} s  "
                f"worlds {world_s:.0f} s = {world_s / elapsed:.2f} cores  "
                + (f"CPU {used:.0f} s  " if name != "ray, one killed" else "")
                + str({k: v for k, v in done.usage.items() if k in ("blocks", "processes", "memory_mb", "nodes")}),
                flush=True,
            )
            data = Path(temporary) / "parquet"
            done.to_parquet(data / out.name, tables=("worlds", "series"))
            print(f"   Parquet: {len(list((data / out.name / 'worlds').rglob('*.parquet')))} files of worlds", flush=True)
    if len(set(answers.values())) != 1:
        sys.exit("DIFFERENT numbers")
    print(f"same numbers three times; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()

"""Worlds as tasks of a Ray cluster.

The driver holds the folder and sends what is to be run once; tasks run worlds and write parts of their own into the
folder; keys, digests and costs travel back. Which machine runs a world, and how often it dies, changes no figure.
"""

from __future__ import annotations

import os
import re
import socket
from collections import deque
from pathlib import Path
from typing import Any, Deque, Dict, List, Optional, Tuple

from . import _core
from .errors import MargincallError
from .tables import needed

BLOCK_SECONDS = 5.0
"""A task is that long, as far as whole worlds allow: a full world is a task of its own, reduced worlds come in blocks."""

_lists: Dict[str, _core.TaskList] = {}  # of this worker process, by hash


def _run_block(
    name: str, texts: List[Any], folder: str, indices: List[int]
) -> Tuple[str, int, List[Tuple[int, str, str, str, float, float, str]]]:
    """What a worker does: a block of worlds into a part of its own."""
    import ray

    if name not in _lists:
        plan, resolved = ray.get(texts[0])
        _lists.clear()
        _lists[name] = _core.TaskList.from_json(plan, resolved)
    host = re.sub(r"[^A-Za-z0-9]+", "-", socket.gethostname())[:40]
    rows = _core.run_block(_lists[name], folder, f"ray-{host}", indices)
    return ray.get_runtime_context().get_node_id(), os.getpid(), rows


def _block_function() -> Any:
    return _run_block


def run_on_ray(
    tasks: _core.TaskList,
    folder: Path,
    *,
    shard: Tuple[int, int],
    workers: Optional[int],
    retries: int,
    retry_failed: bool,
    progress: Any,
) -> Dict[str, Any]:
    """Runs what the folder lacks; says what was used. It connects to the cluster of the process, or begins one here."""
    ray = needed("ray", 'engine="ray"', "ray")
    if not ray.is_initialized():
        ray.init(log_to_driver=False, include_dashboard=False)
    place = str(folder.resolve())
    held = _core.hold_folder(tasks, place, shard)
    try:
        return _Driver(ray, tasks, place, workers, retries, progress).run(
            _todo(tasks, shard, held, retry_failed), _already(tasks, shard, held, retry_failed)
        )
    finally:
        held.close()


def _of_shard(tasks: _core.TaskList, shard: Tuple[int, int]) -> range:
    return range(shard[0] - 1, len(tasks), shard[1])


def _todo(tasks: _core.TaskList, shard: Tuple[int, int], held: _core.HeldFolder, retry_failed: bool) -> List[int]:
    skip = set(held.finished)
    if not retry_failed:
        skip |= set(held.failed)
    return [index for index in _of_shard(tasks, shard) if tasks.key(index) not in skip]


def _already(
    tasks: _core.TaskList, shard: Tuple[int, int], held: _core.HeldFolder, retry_failed: bool
) -> Tuple[int, int]:
    finished = set(held.finished)
    failed = set() if retry_failed else set(held.failed) - finished
    keys = [tasks.key(index) for index in _of_shard(tasks, shard)]
    return sum(key in finished for key in keys), sum(key in failed for key in keys)


class _Driver:
    def __init__(
        self, ray: Any, tasks: _core.TaskList, folder: str, workers: Optional[int], retries: int, progress: Any
    ) -> None:
        self._ray = ray
        self._tasks = tasks
        self._folder = folder
        self._workers = workers
        self._retries = retries
        self._progress = progress
        self._task = ray.remote(_block_function())
        self._texts = [ray.put((tasks.json(), tasks.resolved))]  # in a list: a worker fetches it once
        self._running: Dict[Any, List[int]] = {}
        self._alone: Deque[int] = deque()  # of blocks whose process died: one by one, to find the world that did it
        self._seconds = 0.0  # of a world, measured
        self._mib = 0.0  # most memory of a process that ran worlds, measured
        self._digests: Dict[str, str] = {}
        self._failed = 0
        self._blocks = 0
        self._nodes: Dict[str, int] = {}
        self._processes: "set[Tuple[str, int]]" = set()

    def run(self, todo: List[int], already: Tuple[int, int]) -> Dict[str, Any]:
        left = deque(todo)
        total = len(todo) + sum(already)
        most = 1
        try:
            while left or self._alone or self._running:
                cpus = max(int(self._ray.cluster_resources().get("CPU", 1)), 1)
                most = max(most, min(cpus, self._workers or cpus))
                self._send(left, cpus)
                ready, _ = self._ray.wait(list(self._running), num_returns=1, timeout=0.5)
                for ref in ready:
                    self._take(ref)
                self._progress(
                    total, already[0] + len(self._digests), already[1] + self._failed, len(self._digests), 0.0
                )
        except BaseException:
            self._stop()
            raise
        self._compare()
        return {
            "workers": most,
            "blocks": self._blocks,
            "nodes": dict(self._nodes),
            "processes": len(self._processes),
            "memory_mb": self._mib,
        }

    def _send(self, left: Deque[int], cpus: int) -> None:
        # Two blocks a CPU once they are measured, so that none waits for the driver; until then one world each.
        limit = self._workers or (2 * cpus if self._seconds > 0 else cpus)
        while (left or self._alone) and len(self._running) < limit:
            if self._alone:
                block = [self._alone.popleft()]
            else:
                block = [left.popleft() for _ in range(min(self._block(len(left), cpus), len(left)))]
            ref = self._task.options(
                num_cpus=1, memory=self._memory(), max_retries=self._retries, name="margincall worlds"
            ).remote(self._tasks.hash, self._texts, self._folder, block)
            self._running[ref] = block
            self._blocks += 1

    def _block(self, left: int, cpus: int) -> int:
        if self._seconds <= 0:
            return 1
        by_time = int(BLOCK_SECONDS / self._seconds)
        return max(1, min(by_time, left // (2 * cpus)))  # short blocks at the end, so that all end together

    def _memory(self) -> int:
        """What a process that runs these worlds was seen to need and a tenth more, in bytes; never more than the
        largest machine has, where it would wait for ever."""
        nodes = [node["Resources"].get("memory", 0) for node in self._ray.nodes() if node["Alive"]]
        return int(min(self._mib * 1.1 * 2**20, max(nodes, default=0)))

    def _take(self, ref: Any) -> None:
        block = self._running.pop(ref)
        try:
            node, process, rows = self._ray.get(ref)
        except self._ray.exceptions.RayTaskError as problem:  # raised by our code: the disk, the folder
            cause = getattr(problem, "cause", None)
            raise (cause if isinstance(cause, MargincallError) else problem) from None
        except self._ray.exceptions.RayError as problem:  # the process or the machine died, more than `retries` times
            if len(block) > 1:
                self._alone.extend(block)
            else:
                reason = f"{type(problem).__name__}: its process or machine died {self._retries + 1} times"
                _core.append_failed(self._tasks, self._folder, block[0], reason)
                self._failed += 1
            return
        self._nodes[node] = self._nodes.get(node, 0)
        self._processes.add((node, process))
        for _, key, end, digest, seconds, mib, _ in rows:
            if end == "failed":
                self._failed += 1
                continue
            self._digests[key] = digest
            if end == "ran":
                self._nodes[node] += 1
                self._seconds = max(seconds, 1e-3) if self._seconds <= 0 else 0.8 * self._seconds + 0.2 * seconds
                self._mib = max(self._mib, mib)

    def _stop(self) -> None:
        """Waits for the worlds that run; nothing further is begun."""
        for ref in self._running:
            self._ray.cancel(ref, force=False)
        if self._running:
            self._ray.wait(list(self._running), num_returns=len(self._running), timeout=600)

    def _compare(self) -> None:
        """What travelled is what the folder holds; else the workers see another folder under its name."""
        here = dict(_core.read_keys(self._folder))
        lost = [key for key, digest in self._digests.items() if here.get(key) != digest]
        if lost:
            text = (
                f"{self._folder}: {len(lost)} worlds that Ray's workers wrote are not in the folder; all machines need "
                "one folder that they see under this name"
            )
            raise MargincallError([{"code": "E715", "message": text, "file": self._folder}], text)

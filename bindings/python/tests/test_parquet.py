from __future__ import annotations

import os
from pathlib import Path
from typing import Any, List

import pytest

import margincall as mc
from margincall import parquet

arrow = pytest.importorskip("pyarrow")
duckdb = pytest.importorskip("duckdb")

SHORT = Path(__file__).with_name("short.toml")
FIRMS = "agents.market_maker.firms"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> mc.Sweep:
    return mc.sweep(SHORT, {FIRMS: [2, 4]}, paths=3, seed=11, workers=2, out=tmp_path_factory.mktemp("sweep") / "a")


def rows(query: str) -> List[Any]:
    return duckdb.sql(query).fetchall()


def names(folder: Path) -> List[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_worlds_in_duckdb(done: mc.Sweep, tmp_path: Path) -> None:
    written = done.to_parquet(tmp_path, tables=("worlds", "summary", "failed", "series"))
    assert sorted(str(file.relative_to(tmp_path)) for file in written) == names(tmp_path)
    worlds = f"read_parquet('{tmp_path}/worlds/**/*.parquet', hive_partitioning = true)"
    assert rows(f"select count(*), count(distinct key), min(sweep) from {worlds}") == [(6, 6, done.name)]
    found = rows(f'select key, digest, btc_low, funding_btc_last, "{FIRMS}" from {worlds} order by index')
    assert [row[0] for row in found] == list(done.worlds["key"])
    assert [row[1] for row in found] == list(done.worlds["digest"])
    assert [row[2] for row in found] == list(done.worlds["btc_low"])
    assert {row[3] for row in found} == {None}
    assert [row[4] for row in found] == [2, 2, 2, 4, 4, 4]
    series = f"read_parquet('{tmp_path}/series/**/*.parquet', hive_partitioning = true)"
    assert rows(f"select count(*) from {series}") == [(len(done.series),)]
    summary = f"read_parquet('{tmp_path}/summary/**/*.parquet', hive_partitioning = true)"
    assert rows(f"select btc_low_p50 from {summary} order by cell") == [(x,) for x in done.summary["btc_low_p50"]]
    # The median of a cell that DuckDB computes is the lab's.
    medians = rows(f"select median(btc_low) from {worlds} group by cell order by cell")
    assert medians == [(x,) for x in done.summary["btc_low_p50"]]
    # Units and meanings go with the file.
    file = next((tmp_path / "worlds").rglob("*.parquet"))
    field = arrow.parquet.read_schema(file).field("btc_low") if hasattr(arrow, "parquet") else None
    if field is not None:
        assert field.metadata[b"unit"] == b"USD per coin"


def test_queries_of_the_page(done: mc.Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "python-sweeps.md").read_text(encoding="utf-8")
    queries = [query for query in page.split("```sql\n")[1].split("```")[0].split(";") if query.strip()]
    done.to_parquet(tmp_path / "data", tables=("worlds", "series"))
    monkeypatch.chdir(tmp_path)
    answers = [rows(query) for query in queries]
    assert [len(answer) for answer in answers] == [2, 1, 1, 3]
    worlds = done.worlds["liquidated_true_usd"]
    assert answers[2][0][0] == sorted(worlds[3:] - worlds[:3])[1]


def test_a_file_a_part_and_only_what_is_new(tmp_path: Path) -> None:
    def parts(number: int) -> mc.Sweep:
        return mc.sweep(SHORT, paths=4, seed=11, out=tmp_path / "a", shard=(number, 4))

    data = tmp_path / "data"
    first = parts(1).to_parquet(data, tables=("worlds",))
    assert len(first) == 1
    before = first[0].stat().st_mtime_ns
    assert parts(1).to_parquet(data, tables=("worlds",)) == []
    second = parts(2).to_parquet(data, tables=("worlds",))
    assert first[0].stat().st_mtime_ns == before or first == second  # two parts may go into one file
    whole = mc.sweep(SHORT, paths=4, seed=11, out=tmp_path / "a")
    whole.to_parquet(data, tables=("worlds",))
    found = rows(f"select key, digest from read_parquet('{data}/worlds/**/*.parquet') order by index")
    assert found == list(zip(whole.worlds["key"], whole.worlds["digest"]))
    # Another sweep beside it, with another varied key.
    other = mc.sweep(SHORT, {FIRMS: [3]}, paths=1, seed=11, out=tmp_path / "b")
    other.to_parquet(data, tables=("worlds",))
    both = f"read_parquet('{data}/worlds/**/*.parquet', hive_partitioning = true, union_by_name = true)"
    assert rows(f'select sweep, count(*), max("{FIRMS}") from {both} group by sweep order by 2') == [
        (other.name, 1, 3.0),
        (whole.name, 4, None),
    ]


def test_never_more_than_64_files() -> None:
    files = parquet._files([f"ray-host-{slot}" for slot in range(1000)])
    assert max(files) < 64 and len(set(files)) == 64
    assert parquet._files(["a", "b", "a"])[0] == parquet._files(["c", "a"])[1]  # whatever else there is


def test_a_killed_writer_leaves_no_broken_file(
    done: mc.Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyarrow import parquet as files

    done.to_parquet(tmp_path, tables=("summary",))

    class Killed(BaseException):
        pass

    def half(table: Any, where: Path, **options: Any) -> None:
        Path(where).write_bytes(b"PAR1 half")
        raise Killed

    monkeypatch.setattr(files, "write_table", half)
    with pytest.raises(Killed):
        done.to_parquet(tmp_path, tables=("worlds", "summary"))
    assert [name for name in names(tmp_path) if name.startswith("worlds")] == []
    # Even one that had no time to clean up is not a part of the dataset.
    (tmp_path / "worlds" / f"sweep={done.name}" / ".part-07.parquet.1.tmp").write_bytes(b"PAR1 half")
    monkeypatch.undo()
    done.to_parquet(tmp_path)
    assert rows(f"select count(*) from read_parquet('{tmp_path}/worlds/**/*.parquet')") == [(6,)]
    dataset = pytest.importorskip("pyarrow.dataset")
    assert dataset.dataset(tmp_path / "worlds", partitioning="hive").count_rows() == 6


def test_a_run(run: mc.Run, tmp_path: Path) -> None:
    written = parquet.write_run(run, tmp_path, tables=["series", "liquidations"])
    name = f"tiny-{run.scenario.hash[:8]}-{run.seed}"
    assert names(tmp_path) == [f"{table}/run={name}/part-00.parquet" for table in ("liquidations", "series")]
    assert len(written) == 2 and parquet.write_run(run, tmp_path, tables=["series", "liquidations"]) == []
    parquet.write_run(run, tmp_path, tables=["series"], name="b")
    found = rows(
        f"select run, count(*), sum(volume_usd) from read_parquet('{tmp_path}/series/**/*.parquet') group by run order by run"
    )
    series = run.table("series")
    assert [row[:2] for row in found] == [("b", len(series)), (name, len(series))]
    assert {table for table in run.tables} == {file.parts[-3] for file in parquet.write_run(run, tmp_path / "all")}


def test_ten_thousand_rows_under_a_second(done: mc.Sweep, tmp_path: Path) -> None:
    """Real rows repeated, in 64 files: for the time of the query only."""
    import time

    from pyarrow import parquet as files

    folder = tmp_path / "worlds" / "sweep=made"
    folder.mkdir(parents=True)
    table = parquet._plain(done.worlds.to_arrow())
    each = arrow.concat_tables([table] * 27)  # 162 rows
    for number in range(64):
        files.write_table(each.slice(0, 157), folder / f"part-{number:02d}.parquet", compression="zstd")
    started = time.perf_counter()
    found = rows(
        f'select "{FIRMS}", count(*), quantile_cont(btc_fall_open_to_low, [0.05, 0.5, 0.95]), avg(liquidated_true_usd) '
        f"from read_parquet('{tmp_path}/worlds/**/*.parquet', hive_partitioning = true) group by 1 order by 1"
    )
    took = time.perf_counter() - started
    assert sum(row[1] for row in found) == 64 * 157 == 10_048
    print(f"\n10,048 rows in 64 files: {took:.3f} s")
    assert took < (1.0 if (os.getloadavg()[0] < (os.cpu_count() or 1)) else 5.0)

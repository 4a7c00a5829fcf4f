"""Studies on many machines, by Ray: shards of a study as tasks, their rows streamed into one Parquet file.

A row is a function of (study, donor, arm) alone, so the result does not depend on the number of shards, on their order, on
machines, or on how often a shard was begun anew.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute  # noqa: F401
import pyarrow.parquet as pq
import ray

from . import Study, _table, read_study

__all__ = ["ray_trial", "table_hash"]


@ray.remote(num_cpus=1, max_retries=5)
def leuka_shard(study: Study, which: int, of: int) -> bytes:
    """One shard, as an Arrow stream. Ray begins it anew when its worker or machine dies."""
    return study.shard(which, of)


def _streams(study: Study, shards: int, in_flight: int) -> Iterator[bytes]:
    """The shards as they end; no more than `in_flight` are begun before one is taken."""
    shared = ray.put(study)
    waiting = iter(range(1, shards + 1))
    running = [leuka_shard.remote(shared, which, shards) for which in islice(waiting, in_flight)]
    while running:
        done, running = ray.wait(running, num_returns=1)
        yield from ray.get(done)
        running += [leuka_shard.remote(shared, which, shards) for which in islice(waiting, 1)]


def ray_trial(
    study: str | os.PathLike[str] | Study,
    *,
    shards: int = 8,
    donors: int | None = None,
    seed: int | None = None,
    out: str | os.PathLike[str] | None = None,
    in_flight: int | None = None,
) -> pa.Table | Path:
    """Runs a study on the Ray cluster that is there (one on this machine is begun where none is).

    shards: tasks that the study is cut into; a lost one is begun anew, so make them some minutes long.
    donors, seed: in place of those of the study file.
    out: a Parquet file that shards are streamed into as they end; its path is given back, and memory holds few shards.
        None gives the table, in order of donors.
    in_flight: shards that are begun before one is taken; None for two a core of the cluster.
    """
    checked = read_study(study, donors=donors, seed=seed)
    if not ray.is_initialized():
        ray.init(include_dashboard=False, log_to_driver=False)
    if in_flight is None:
        in_flight = max(2, int(2 * ray.cluster_resources().get("CPU", 1)))
    streams = _streams(checked, shards, in_flight)
    if out is None:
        table = pa.concat_tables([_table(stream) for stream in streams])
        order = pa.compute.sort_indices(table, sort_keys=[("donor", "ascending"), ("arm", "ascending")])
        return table.take(order)
    path, partial = Path(out), Path(f"{os.fspath(out)}.partial")
    writer = None
    for stream in streams:
        table = _table(stream)
        writer = writer or pq.ParquetWriter(partial, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
        partial.replace(path)
    return path


def table_hash(table: pa.Table) -> str:
    """SHA-256 over the values of a study in order of donor and arm: the same for the same study, however it was run."""
    order = pa.compute.sort_indices(table, sort_keys=[("donor", "ascending"), ("arm", "ascending")])
    digest = hashlib.sha256()
    for name, column in zip(table.column_names, table.take(order).columns):
        digest.update(name.encode())
        digest.update(column.is_valid().to_numpy().tobytes())
        if pa.types.is_string(column.type):
            digest.update("\0".join(column.drop_null().to_pylist()).encode())
        else:
            digest.update(column.drop_null().to_numpy().tobytes())
    return digest.hexdigest()

"""A study on Ray is the study at home, however it is cut and whatever dies."""

import os
import signal
import threading
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import leuka

ray = pytest.importorskip("ray")
from leuka import distributed  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
STUDY = """
schema = "leuka.study/1"
name = "ray"
donors = 20
cohort = "{root}/validation/cohorts/a1-5-allogeneic.toml"
[set]
"protocol.target.tbv_multiple" = 0.5
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ray") / "study.toml"
    path.write_text(STUDY.format(root=ROOT))
    return path


@pytest.fixture(scope="module")
def at_home(study: Path) -> str:
    return distributed.table_hash(leuka.trial(study).outcomes)


@pytest.fixture(scope="module", autouse=True)
def cluster():
    # Ray's workers stand back for everything else on the machine unless they are told not to.
    os.environ["RAY_worker_niceness"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def workers() -> list[int]:
    """Processes below this one that are at a shard: Ray gives its workers the task's name."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if (folder / "cmdline").read_bytes().startswith(b"ray::leuka_shard") and is_below(int(folder.name)):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def is_below(pid: int) -> bool:
    while pid > 1:
        if pid == os.getpid():
            return True
        status = Path(f"/proc/{pid}/status").read_text()
        pid = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid:"))
    return False


@pytest.mark.parametrize("shards", [1, 8, 40])
def test_any_number_of_shards_gives_the_table_of_home(study: Path, at_home: str, shards: int):
    assert distributed.table_hash(distributed.ray_trial(study, shards=shards)) == at_home


def test_a_worker_that_is_killed_changes_nothing(study: Path, at_home: str):
    killed = []

    def kill_one():
        while not killed:
            for pid in workers()[:1]:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
            time.sleep(0.05)

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    table = distributed.ray_trial(study, shards=8)
    killer.join(timeout=1)
    assert killed, "no worker was caught at its work"
    assert distributed.table_hash(table) == at_home


def test_shards_stream_into_parquet(study: Path, at_home: str, tmp_path: Path):
    path = distributed.ray_trial(study, shards=8, out=tmp_path / "outcomes.parquet")
    table = pq.read_table(path)
    assert distributed.table_hash(table) == at_home
    assert table.schema.field("product_ml").metadata[b"unit"] == b"mL"

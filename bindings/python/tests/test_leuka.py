"""The bindings do what the command line does, from Python."""

import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas
import polars
import pyarrow as pa
import pytest

import leuka

ROOT = Path(__file__).resolve().parents[3]
SHORT = {"protocol.target.tbv_multiple": 0.5}
STUDY = """
schema = "leuka.study/1"
name = "python"
donors = {donors}
cohort = "{root}/validation/cohorts/a1-5-allogeneic.toml"
courses_every_min = 20
outcomes = ["cd34_ce2_pct"]
[set]
"protocol.target.tbv_multiple" = 0.5
[[factor]]
path = "protocol.collect_flow_ml_min"
levels = [1, 2]
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(STUDY.format(donors=4, root=ROOT))
    return path


def test_a_run_has_an_outcome_samples_and_events():
    run = leuka.run(seed=3, every_s=60, **SHORT)
    assert run["schema"] == "leuka.outcome/1" and run["seed"] == 3
    frame = run.samples.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame["time_s"].diff().iloc[2:-1].between(59, 61).all()
    assert any(event["kind"] == "phase" for event in run.events)


def test_keywords_are_set_paths():
    light = leuka.run(ROOT / "protocols/cd34-autologous.toml", donor__weight_kg=60, every_s=600, **SHORT)
    heavy = leuka.run(ROOT / "protocols/cd34-autologous.toml", donor__weight_kg=90, every_s=600, **SHORT)
    assert light["tbv_ml"] < heavy["tbv_ml"]


def test_a_plan_needs_more_blood_for_more_confidence():
    [plan] = leuka.plan(donor=ROOT / "donors/autologous-74kg.toml")
    litres = [row["volume_l"] for row in plan["goal"]]
    assert litres == sorted(litres) and len(set(litres)) == 4
    slow, fast = leuka.plan(vary="protocol.inlet_flow_ml_min=40,70")
    assert slow["ionised_calcium_nadir_mmol_l"] > fast["ionised_calcium_nadir_mmol_l"]
    with pytest.raises(leuka.InputError, match="--vary"):
        leuka.plan(vary="nothing")


def test_errors_have_the_text_of_the_command_line(tmp_path: Path):
    with pytest.raises(leuka.InputError, match="allowed is a number from 4 to 250 kg"):
        leuka.run(donor__weight_kg=900)
    with pytest.raises(leuka.InputError, match="cannot be read"):
        leuka.run("nowhere.toml")
    with pytest.raises(ValueError, match="allowed are stage and channel"):
        leuka.run(separator="sieve")
    bad = tmp_path / "bad.toml"
    bad.write_text('schema = "leuka.study/1"\nname = "bad"\ndonrs = 3\n')
    with pytest.raises(leuka.InputError, match="bad.toml:3: study.donrs: is no field"):
        leuka.trial(bad)


def test_a_trial_is_an_arrow_table_with_units(study: Path):
    trial = leuka.trial(study)
    assert trial.outcomes.num_rows == 8
    assert trial.outcomes.schema.field("product_ml").metadata[b"unit"] == b"mL"
    assert trial.outcomes.schema.metadata[b"schema"] == b"leuka.trial-outcomes/1"
    assert trial.courses is not None and trial.courses.num_rows > 8
    assert trial.summary["schema"] == "leuka.trial-summary/1"
    assert polars.from_arrow(trial.outcomes).height == 8


def test_the_table_reaches_numpy_without_a_copy(study: Path):
    column = leuka.trial(study).outcomes.column("duration_min").combine_chunks()
    values = column.to_numpy(zero_copy_only=True)
    assert values.ctypes.data == column.buffers()[1].address + 8 * column.offset


def test_threads_change_nothing(study: Path):
    assert leuka.trial(study, threads=1).outcomes.equals(leuka.trial(study, threads=3).outcomes)


def test_a_study_travels_to_other_processes(study: Path):
    here = leuka.read_study(study, seed=5)
    there = pickle.loads(pickle.dumps(here))
    assert there.donor(2) == here.donor(2) != leuka.read_study(study).donor(2)
    parts = [pa.ipc.open_stream(there.shard(which, 3)).read_all() for which in (1, 2, 3)]
    assert pa.concat_tables(parts).sort_by([("donor", "ascending"), ("arm", "ascending")]).equals(here_table(here))


def here_table(study: leuka.Study) -> pa.Table:
    return leuka.trial(study).outcomes.sort_by([("donor", "ascending"), ("arm", "ascending")])


def test_the_interpreter_is_free_while_leuka_computes():
    beats = 0
    done = threading.Event()

    def count():
        nonlocal beats
        while not done.is_set():
            beats += 1
            time.sleep(0.005)

    counter = threading.Thread(target=count)
    counter.start()
    begun = time.monotonic()
    leuka.run(seed=1, every_s=60)
    spent = time.monotonic() - begun
    done.set()
    counter.join()
    assert beats > 20 * spent, f"{beats} beats in {spent:.1f} s"


def test_the_example_answers_its_question_and_draws(tmp_path: Path):
    example = ROOT / "bindings/python/examples/collect_flow.py"
    done = subprocess.run([sys.executable, example, "2"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "median" in done.stdout and (tmp_path / "collect-flow.png").stat().st_size > 10_000

"""Leukapheresis in software: whole procedures and in-silico trials.

For research, engineering and training. Not a medical device; not for treating people.
"""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from . import _leuka
from ._leuka import InputError, RunError, Study, __version__

__all__ = ["InputError", "Run", "RunError", "Study", "Trial", "__version__", "plan", "read_study", "run", "trial"]

NOT_A_DEVICE = "For research, engineering and training. Not a medical device; not for treating people."


@dataclass(frozen=True)
class Run:
    """One procedure.

    outcome: as ``leuka run --json`` prints it (schema leuka.outcome/1); units are in the names.
    samples: what instruments show and, with ``true_`` in front, what is true in the donor; one row a second.
    events: what happened, with ``at_s`` in seconds from power-on.
    """

    outcome: dict[str, Any]
    samples: pa.Table
    events: list[dict[str, Any]]

    def __getitem__(self, name: str) -> Any:
        return self.outcome[name]


@dataclass(frozen=True)
class Trial:
    """A study that is done.

    outcomes: a row for each run; the unit of a column is in its field's metadata, a failed run has its reason in ``failure``.
    courses: samples of each run over time (minutes apart as the study says); None where the study keeps none.
    summary: medians, 95 % intervals, paired differences, rates and regressions (schema leuka.trial-summary/1).
    """

    outcomes: pa.Table
    courses: pa.Table | None
    summary: dict[str, Any]


def run(
    protocol: str | os.PathLike[str] | None = None,
    donor: str | os.PathLike[str] | None = None,
    *,
    scenario: str | os.PathLike[str] | None = None,
    seed: int = 1,
    separator: str | None = None,
    every_s: float = 1.0,
    **overrides: Any,
) -> Run:
    """Runs one whole procedure, from self-test to the end of observation.

    protocol, donor, scenario: paths of TOML files; None for the built-in ones (and no scenario).
    seed: of all chance; the same seed gives the same result.
    separator: "stage" or "channel"; None for the stage where its table fits.
    every_s: seconds between samples.
    overrides: any ``--set`` path, with ``__`` for dots: ``donor__weight_kg=60`` (kg),
        ``protocol__collect_flow_ml_min=2`` (mL/min); or ``**{"donor.weight_kg": 60}``.

    Raises InputError, with the text of the command line, when a file or a value is refused.
    """
    files = [None if path is None else _file(path) for path in (protocol, donor, scenario)]
    outcome, samples, events = _leuka.run(*files, _sets(overrides), seed, separator, every_s)
    return Run(json.loads(outcome), _table(samples), json.loads(events))


def plan(
    protocol: str | os.PathLike[str] | None = None,
    donor: str | os.PathLike[str] | None = None,
    *,
    vary: str | None = None,
    calcium_mmol_h: float | None = None,
    primes: bool = False,
    **overrides: Any,
) -> list[dict[str, Any]]:
    """Plans a collection as a distribution, as ``leuka plan --json`` prints it (schema leuka.plan/1).

    vary: ``"protocol.inlet_flow_ml_min=40,50,60"`` for a plan with each value; else the list has one plan.
    calcium_mmol_h: calcium of the forecast with calcium, mmol/h for 70 kg; None for 1.8 (row G4).
    primes: whole runs after a prime of saline, albumin and red cells; takes seconds.
    overrides: as for ``run``.

    Volumes are in L and blood volumes, times in min, doses in 1e6/kg, probabilities in %: units are in the names.
    Raises InputError, with the text of the command line, when a file or a value is refused.
    """
    files = [None if path is None else _file(path) for path in (protocol, donor)]
    return json.loads(_leuka.plan(*files, _sets(overrides), vary, calcium_mmol_h, primes))


def read_study(
    study: str | os.PathLike[str] | Study, *, donors: int | None = None, seed: int | None = None
) -> Study:
    """Reads and checks a study file (TOML) and the files that it names, which stand beside it.

    donors, seed: in place of those of the file.
    """
    if isinstance(study, Study):
        file, beside, known_donors, known_seed = study.__getnewargs__()
        return Study(file, beside, donors or known_donors, known_seed if seed is None else seed)
    name, text = _file(study)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        table = {}
    names = [table[key] for key in ("cohort", "donor", "protocol") if isinstance(table.get(key), str)]
    beside = [(part, _file(Path(study).parent / part)[1]) for part in names]
    return Study((name, text), beside, donors, seed)


def trial(
    study: str | os.PathLike[str] | Study,
    *,
    donors: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
) -> Trial:
    """Runs a whole study in memory. Donor i is the same donor on every number of threads.

    threads: None for one a core. For studies too large for memory use ``leuka trial --out`` or ``leuka.distributed``.
    """
    checked = read_study(study, donors=donors, seed=seed)
    outcomes, courses, summary = checked.run(threads or len(os.sched_getaffinity(0)))
    return Trial(_table(outcomes), None if courses is None else _table(courses), json.loads(summary))


def _file(path: str | os.PathLike[str]) -> tuple[str, str]:
    try:
        return os.fspath(path), Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{os.fspath(path)}: cannot be read: {error}") from error


def _sets(overrides: dict[str, Any]) -> list[tuple[str, str]]:
    return [(path.replace("__", "."), _text(value)) for path, value in overrides.items()]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _table(stream: bytes) -> pa.Table:
    """The table in an Arrow stream; its columns point into the stream's bytes."""
    return pa.ipc.open_stream(pa.py_buffer(stream)).read_all()

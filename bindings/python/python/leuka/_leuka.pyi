__version__: str

class InputError(ValueError):
    """A file, a path or a value that leuka refuses, with where and why."""

class RunError(RuntimeError):
    """A computation that could not be done."""

_File = tuple[str, str]

class Study:
    """A checked study; it can be pickled."""

    def __init__(self, file: _File, beside: list[_File], donors: int | None = None, seed: int | None = None) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def runs(self) -> int: ...
    def donor(self, number: int) -> str | None: ...
    def run(self, threads: int) -> tuple[bytes, bytes | None, str]: ...
    def shard(self, which: int, of: int) -> bytes: ...

def run(
    protocol: _File | None,
    donor: _File | None,
    scenario: _File | None,
    overrides: list[tuple[str, str]],
    seed: int,
    separator: str | None,
    every_s: float,
) -> tuple[str, bytes, str]: ...
def plan(
    protocol: _File | None,
    donor: _File | None,
    overrides: list[tuple[str, str]],
    vary: str | None,
    calcium_mmol_h: float | None,
    primes: bool,
) -> str: ...

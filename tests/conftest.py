"""The Hypothesis profiles; ``--hypothesis-profile=NAME`` chooses one.

``default`` draws the same examples on every machine until a test is changed, so a newcomer's run
and CI's are the same run; with ``--hypothesis-seed=N`` it draws others. ``thorough`` draws twenty
times as many, new ones every time, and of every op 10,000 in ``tests/proofs``.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

COMMON = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])

settings.register_profile("default", COMMON, derandomize=True, max_examples=50)
settings.register_profile("seeded", COMMON, max_examples=50)
settings.register_profile("thorough", COMMON, max_examples=1000)
settings.load_profile("default")


def pytest_configure(config: pytest.Config) -> None:
    # A derandomised profile would not look at the seed.
    if config.getoption("--hypothesis-seed") and not config.getoption("--hypothesis-profile"):
        settings.load_profile("seeded")


@pytest.fixture
def book_is_forgotten() -> Iterator[None]:
    """What a test calls ``common`` and ``dataset`` by ``book.install()``, no other test meets."""
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in ("common", "dataset")]:
        del sys.modules[name]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many calls of how many ops were proven."""
    draws: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        draws.update({op: n for (name, (op, n)) in report.user_properties if name == "draws"})
    if draws:
        op, least = min(draws.items(), key=lambda pair: pair[1])
        terminalreporter.write_line(
            f"proofs: {draws.total():,} draws of {len(draws)} ops, {least:,} at least ({op})"
        )
    # Two tests may compare the same name, each by samples of its own.
    beside = [
        counts
        for report in terminalreporter.getreports("passed")
        for key, counts in report.user_properties
        if key == "parity"
    ]
    if beside:
        names, counts = zip(*beside, strict=True)
        taken, refused, first, second = map(sum, zip(*counts, strict=True))
        terminalreporter.write_line(
            f"beside PyTorch: {len({*names})} names, {taken:,} samples ({first:,} with gradients, "
            f"{second:,} with second derivatives), {refused:,} refused by both"
        )

"""Every figure of these tests is laid out in full, no global setting changed, no warning given."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _figures() -> Iterator[None]:
    """Whatever is left open is laid out: a glyph that no font has is a warning, and an error."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # What matplotlib's own dependencies will change is no matter of ours.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("error", matplotlib.MatplotlibDeprecationWarning)
        yield
        for number in pyplot.get_fignums():
            pyplot.figure(number).draw_without_rendering()
    pyplot.close("all")
    assert dict(matplotlib.rcParams) == before

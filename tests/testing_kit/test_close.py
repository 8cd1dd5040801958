"""assert_close beside PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinygrad_kr import tensor
from tinygrad_kr.errors import ArgumentError, MismatchError
from tinygrad_kr.testing import assert_close


def test_it_takes_what_pytorch_takes() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    taken = 0
    for _ in range(400):
        dtype = rng.choice(["float16", "float32", "float64", "int64", "bool"])
        b = np.asarray(rng.standard_normal(int(rng.integers(1, 4))) * 10)
        step = 10.0 ** rng.uniform(-9, -3) * np.where(rng.random(b.shape) < 0.5, 1, 0)
        a, b = (b * (1 + step)).astype(dtype), b.astype(rng.choice([dtype] * 5 + ["float64"]))
        if rng.random() < 0.1 and dtype.startswith("float"):
            a[0] = b[0] = rng.choice([np.nan, np.inf])
        options: dict[str, Any] = {"equal_nan": bool(rng.random() < 0.5)}
        options["check_dtype"] = bool(rng.random() < 0.7)
        if rng.random() < 0.3:
            options |= {"rtol": 10.0 ** rng.uniform(-8, -1), "atol": 0.0}
        try:
            torch.testing.assert_close(torch.from_numpy(a), torch.from_numpy(b), **options)
        except AssertionError:
            with pytest.raises(MismatchError):
                assert_close(tensor(a), tensor(b), **options)
        else:
            assert_close(tensor(a), tensor(b), **options)
            taken += 1
    assert 80 < taken < 320


def test_it_says_where_in_both_languages() -> None:
    good = {"w": [tensor([1.0, 2.0]), 3]}
    assert_close(good, {"w": [tensor([1.0, 2.0]), 3]})
    with pytest.raises(MismatchError, match=r"\['w'\]\[0\]\[1\]이\(가\) 2\.0인데 2\.5이어야"):
        assert_close(good, {"w": [tensor([1.0, 2.5]), 3]})
    with pytest.raises(AssertionError, match=r"is shape \(2,\), expected shape \(1,\)"):
        assert_close(good, {"w": [tensor([1.0]), 3]})
    for other in ({"v": []}, {"w": [tensor([1.0, 2.0])]}):
        with pytest.raises(MismatchError):
            assert_close(good, other)
    with pytest.raises(ArgumentError):
        assert_close(1.0, 1.0, rtol=0.1)

"""DLPack both ways: memory is shared, strides and dtypes kept, gradients never lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr.errors import ConversionError, DeviceError, DTypeError, InplaceError
from tinygrad_kr.utils.dlpack import from_dlpack, to_dlpack

DTYPES = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")
VIEWS: dict[str, Any] = {
    "whole": lambda x: x,
    "transposed": lambda x: x.T,
    "cut": lambda x: x[1:],
    "stepped": lambda x: x[:, ::2],
    "expanded": lambda x: x[:, :1].expand(4, 3),
    "one": lambda x: x[1, 1],
    "empty": lambda x: x[:0],
}


def test_a_capsule_is_taken_once() -> None:
    t = tg.arange(3.0)
    capsule = to_dlpack(t)
    shared = from_dlpack(capsule)
    t += 1
    assert shared.tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(InplaceError):  # it does not say that it may be written to
        shared += 1
    with pytest.raises(ConversionError):
        from_dlpack(capsule)
    with pytest.raises(ConversionError):
        from_dlpack([1.0])


def test_copy_and_device() -> None:
    a = np.zeros(2)
    own = tg.from_dlpack(a, device="cpu", copy=True)
    own += 1
    assert a.tolist() == [0.0, 0.0]
    with pytest.raises(DeviceError):
        tg.from_dlpack(a, device="cuda")


def test_a_read_only_array_stays_so() -> None:
    a = np.zeros(2)
    a.flags.writeable = False
    for taken in (tg.from_dlpack(a), from_dlpack(a)):
        with pytest.raises(InplaceError):
            taken += 1
    copied = tg.from_dlpack(a, copy=True)
    copied += 1


def test_a_gradient_is_not_lost() -> None:
    x = tg.ones(2, requires_grad=True)
    for lose in (to_dlpack, tg.from_dlpack, np.from_dlpack):
        with pytest.raises(ConversionError, match="detach"):
            lose(x)
    assert from_dlpack(x.detach()).data_ptr() == x.data_ptr()


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
@pytest.mark.parametrize("dtype", DTYPES)
def test_beside_torch(dtype: str, view: Any) -> None:
    torch = pytest.importorskip("torch")
    ours = tg.arange(12).reshape(4, 3).to(getattr(tg, dtype))
    theirs = torch.arange(12).reshape(4, 3).to(getattr(torch, dtype))
    for taken, given in (
        (torch.from_dlpack(view(ours)), view(ours)),
        (torch.utils.dlpack.from_dlpack(to_dlpack(view(ours))), view(ours)),
        (tg.from_dlpack(view(theirs)), view(theirs)),
    ):
        assert str(taken.dtype).removeprefix("torch.") == dtype
        assert tuple(taken.shape) == tuple(given.shape)
        assert taken.tolist() == given.tolist()
        assert taken.data_ptr() == given.data_ptr() or not taken.numel()
        moved = [n for n, size in enumerate(taken.shape) if size > 1 and taken.numel()]
        assert [taken.stride(n) for n in moved] == [given.stride(n) for n in moved]
    if view(theirs).numel():
        taken = tg.from_dlpack(theirs)
        taken.fill_(1)
        assert (theirs == 1).all()


def test_what_torch_has_and_we_have_not() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(ConversionError):
        tg.from_dlpack(torch.ones(2, dtype=torch.bfloat16))
    with pytest.raises(DTypeError):
        tg.from_dlpack(torch.ones(2, dtype=torch.complex64))
    with pytest.raises(ConversionError):
        tg.from_dlpack(torch.ones(2, requires_grad=True))
    with pytest.raises(ConversionError):
        torch.from_dlpack(tg.ones(2, requires_grad=True))

"""What PyTorch scripts ask of the top level: constructors by dtype, settings, a summary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr import nn
from tinygrad_kr.errors import ArgumentError, ConversionError, DeviceError

TYPES = ("Half", "Float", "Double", "Char", "Short", "Int", "Long", "Byte", "Bool")
DTYPES = [
    tg.float16, tg.float32, tg.float64, tg.int8, tg.int16, tg.int32, tg.int64, tg.uint8, tg.bool,
]  # fmt: skip


@pytest.mark.parametrize(("kind", "dtype"), [*zip(TYPES, DTYPES, strict=True)])
def test_typed_constructors(kind: str, dtype: Any) -> None:
    make = getattr(tg, f"{kind}Tensor")
    x = make([0, 1])
    assert x.dtype == dtype and x.tolist() == [0, 1] and make(2, 0).shape == (2, 0)
    assert x.type() == f"torch.{kind}Tensor" == tg.typename(x)
    assert isinstance(x, make) and not isinstance(1, make)
    assert [isinstance(tg.ones(2, dtype=d), make) for d in DTYPES].count(True) == 1
    for name in (make, f"torch.{kind}Tensor"):
        assert tg.ones(2).type(name).dtype == dtype
    assert repr(make) == f"<class 'torch.{kind}Tensor'>"


def test_the_default_dtype_by_a_tensor_type() -> None:
    try:
        tg.set_default_tensor_type("torch.DoubleTensor")
        assert tg.tensor(1.5).dtype == tg.float64
    finally:
        tg.set_default_tensor_type(tg.FloatTensor)
    assert tg.tensor(1.5).dtype == tg.float32


def test_promotion_is_pytorchs() -> None:
    torch = pytest.importorskip("torch")

    def theirs(dtype: Any) -> Any:
        return getattr(torch, dtype.name)

    for a in DTYPES:
        for b in DTYPES:
            assert theirs(tg.promote_types(a, b)) == torch.promote_types(theirs(a), theirs(b))
            assert tg.can_cast(a, b) == torch.can_cast(theirs(a), theirs(b)), (a, b)
        for number in (True, 2, 2.5):
            for shape in ((), (2,)):
                ours, other = tg.ones(shape, dtype=a), torch.ones(shape, dtype=theirs(a))
                assert theirs(tg.result_type(ours, number)) == torch.result_type(other, number)


def test_there_is_only_the_cpu() -> None:
    assert tg.get_default_device() == "cpu" and tg.accelerator.current_accelerator() is None
    for room in (tg.accelerator, tg.cuda, tg.mps, tg.xpu, tg.backends.mps, tg.backends.cudnn):
        assert room.is_available() is False
    assert tg.accelerator.device_count() == tg.cuda.device_count() == 0
    assert not tg.backends.mps.is_built() and not tg.backends.cuda.matmul.allow_tf32
    tg.set_default_device("cpu")
    with pytest.raises(DeviceError):
        tg.set_default_device("mps")
    assert tg.set_flush_denormal(True) is False
    for room in (tg.accelerator, tg.cuda):
        room.empty_cache()


def test_settings_are_remembered() -> None:
    assert tg.get_float32_matmul_precision() == "highest"
    assert not tg.are_deterministic_algorithms_enabled()
    try:
        tg.set_num_threads(3)
        tg.set_float32_matmul_precision("high")
        tg.use_deterministic_algorithms(True, warn_only=True)
        tg.backends.cudnn.benchmark = True
        assert (tg.get_num_threads(), tg.get_float32_matmul_precision()) == (3, "high")
        assert tg.are_deterministic_algorithms_enabled() and tg.backends.cudnn.benchmark
        for wrong in (0, -1, True, 1.5):
            with pytest.raises(ArgumentError):
                tg.set_num_threads(wrong)
        with pytest.raises(ArgumentError):
            tg.set_float32_matmul_precision("low")
        assert (tg.get_num_threads(), tg.get_float32_matmul_precision()) == (3, "high")
    finally:
        tg.set_num_threads(1)
        tg.set_float32_matmul_precision("highest")
        tg.use_deterministic_algorithms(False)
        tg.backends.cudnn.benchmark = False


def test_compile_gives_back_what_it_is_given() -> None:
    net = nn.Linear(2, 3)
    assert tg.compile(net, mode="reduce-overhead") is net

    @tg.compile(fullgraph=True)
    def double(x: Any) -> Any:
        return x * 2

    @tg.compile
    def triple(x: Any) -> Any:
        return x * 3

    assert double(tg.ones(1)).item() == 2 and triple(tg.ones(1)).item() == 3


def test_questions_about_a_tensor() -> None:
    assert not tg.is_complex(tg.ones(2))
    assert tg.is_nonzero(tg.tensor([2.0])) and not tg.is_nonzero(tg.tensor(0))
    with pytest.raises(ConversionError):
        tg.is_nonzero(tg.ones(2))
    assert (tg.typename(1), tg.typename(np.float32)) == ("int", "numpy.float32")


def test_a_summary_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.BatchNorm1d(24), nn.Flatten(), nn.Dropout(), nn.Linear(576, 10)
    )
    net = nn.Sequential(net[0], nn.ReLU(), nn.MaxPool2d(2), *net[2:4], nn.Linear(6 * 144, 10))
    net[-1].requires_grad_(False)
    net[3].eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = tg.get_rng_state()
    text = tg.summary(net, (1, 28, 28), batch_size=64)
    assert capsys.readouterr().out == text + "\n"
    rows = [line.split(maxsplit=1) for line in text.splitlines()]
    assert [row[0] for row in rows[:-2]] == [
        "Conv2d-1", "ReLU-2", "MaxPool2d-3", "Flatten-4", "Dropout-5", "Linear-6"
    ]  # fmt: skip
    assert "[64, 6, 24, 24]" in text and "[64, 864]" in text and "8,650" in text
    assert rows[-2:] == [["매개변수(parameters):", "8,806"], ["학습하는", "것(trainable): 156"]]
    assert net.training and not net[3].training and bytes(state) == bytes(tg.get_rng_state())
    assert all(tg.equal(value, before[name]) for name, value in net.state_dict().items())
    assert not any(m._forward_hooks for m in net.modules())


def test_a_summary_of_words() -> None:
    table = tg.summary(nn.Sequential(nn.Embedding(7, 3), nn.Linear(3, 2)), (5,), dtype=tg.int64)
    assert table.splitlines()[0].split(maxsplit=1) == ["Embedding-1", "[-1, 5, 3]  21"]

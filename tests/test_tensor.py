"""The public face and the Tensor: what is there, how it converts, copies and prints."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr.errors import (
    ArgumentError,
    ConversionError,
    DeviceError,
    DimError,
    DTypeError,
    GradientError,
)
from tinygrad_kr.printing import set_printoptions

# What must be there, name for name.

CREATION = """
tensor as_tensor from_numpy zeros ones full empty eye arange linspace rand randn randint
randperm zeros_like ones_like full_like empty_like rand_like randn_like
"""
OPS = """
abs sign exp expm1 log log1p log2 log10 sqrt rsqrt square reciprocal sin cos tan sinh cosh
tanh asin acos atan sigmoid relu softplus clamp clip floor ceil round trunc maximum minimum
where lerp erf add sub mul div pow neg remainder floor_divide eq ne lt le gt ge logical_and
logical_or logical_xor logical_not sum mean prod var std max min amax amin argmax argmin all
any logsumexp norm cumsum cumprod median reshape view flatten transpose permute squeeze
unsqueeze expand broadcast_to cat stack split chunk repeat tile flip roll movedim unbind
gather scatter index_select masked_fill masked_select take_along_dim matmul mm bmm mv dot
outer einsum tensordot trace tril triu diag softmax log_softmax sort argsort topk
"""
FUNCTIONS_ONLY = "softplus cat stack einsum"
METHODS = """T mT shape size dim ndim numel dtype device item tolist numpy data grad is_leaf float
double long int bool to type clone contiguous requires_grad requires_grad_ grad_fn backward detach
retain_grad register_hook half short cpu cuda is_floating_point is_contiguous stride data_ptr
element_size itemsize nelement ndimension new_tensor new_zeros new_ones new_full new_empty type_as
__len__ __iter__ __bool__ __int__ __float__ __index__ __repr__ __format__ __getitem__ __setitem__
__contains__ __array__ __array_ufunc__ __array_function__ __dlpack__ __deepcopy__ __reduce_ex__"""
DTYPES = """float16 half float32 float float64 double int8 int16 short int32 int int64 long uint8
bool"""
COMPARISONS = ["lt", "le", "gt", "ge", "eq", "ne", "neg", "pos", "abs", "invert", "hash"]
OPERATORS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"]
OTHERS = """Tensor Generator Size autograd cuda datasets device enable_grad errors float16 float32
float64 get_default_dtype inference_mode int8 int16 int32 int64 is_grad_enabled is_tensor load
manual_seed nn no_grad numel optim save set_default_dtype set_grad_enabled transforms uint8 utils
from_dlpack half float double short int long bool inf nan pi e __version__"""


def test_everything_asked_for_is_there() -> None:
    functions = f"{CREATION} {OPS} {OTHERS}".split()
    assert [name for name in functions if not hasattr(tg, name)] == []
    methods = [name for name in f"{OPS} {METHODS}".split() if name not in FUNCTIONS_ONLY.split()]
    methods += [f"__{prefix}{name}__" for name in OPERATORS for prefix in ("", "r", "i")]
    methods += [f"__{name}__" for name in COMPARISONS]
    assert [name for name in methods if not hasattr(tg.Tensor, name)] == []


def test_nothing_is_there_that_pytorch_names_otherwise() -> None:
    torch = pytest.importorskip("torch")
    own = {"expand", "repeat", "softplus", "view"}  # PyTorch has these elsewhere.
    assert {name for name in tg.ops.__all__ if not hasattr(torch, name)} <= own
    assert [
        name
        for name in tg.ops.__all__
        if hasattr(torch.Tensor, name) and not hasattr(tg.Tensor, name)
    ] == []


@pytest.mark.parametrize("name", DTYPES.split())
def test_dtypes_have_pytorchs_names(name: str) -> None:
    torch = pytest.importorskip("torch")
    dtype = getattr(tg, name)
    assert str(dtype) == str(getattr(torch, name)).removeprefix("torch.")
    assert tg.zeros(2, dtype=dtype).dtype is dtype
    if hasattr(torch.Tensor, name):
        assert getattr(tg.ones(2), name)().dtype is dtype


# Questions


def test_size_and_place() -> None:
    x = tg.zeros(2, 3, dtype=tg.float64)
    assert x.size() == x.shape == (2, 3)
    assert (x.size(0), x.size(-1), x.dim(), x.ndim, x.ndimension()) == (2, 3, 2, 2, 2)
    assert (x.numel(), x.nelement(), tg.numel(x), x.element_size(), x.itemsize) == (6, 6, 6, 8, 8)
    assert x.nbytes == 48
    assert (x.stride(), x.T.stride(), x.stride(1)) == ((3, 1), (1, 3), 1)
    assert x.is_contiguous() and not x.T.is_contiguous()
    assert x.data_ptr() == x.detach().data_ptr() != x.clone().data_ptr()
    assert x[1:].data_ptr() == x.data_ptr() + 24
    assert x.device == tg.device("cpu") == "cpu"
    assert x.cpu() is x and not x.is_cuda
    assert not tg.cuda.is_available()
    assert tg.is_tensor(x) and not tg.is_tensor(x.numpy())
    assert tg.is_floating_point(x) and not x.long().is_floating_point()
    with pytest.raises(DimError):
        x.size(2)
    with pytest.raises(ArgumentError):
        tg.tensor(1).size(0)


def test_gpus_are_refused() -> None:
    x = tg.zeros(2)
    for ask in (x.cuda, lambda: x.to("cuda"), lambda: x.to("cuda:0"), lambda: tg.device("mps")):
        with pytest.raises(DeviceError, match="CPU"):
            ask()
    assert x.to("cpu") is x
    assert x.to(tg.device("cpu")) is x
    assert tg.device("cuda" if tg.cuda.is_available() else "cpu").type == "cpu"


# Numbers, lists, arrays


def test_item_tolist_numpy() -> None:
    assert tg.tensor([[3]]).item() == 3
    assert type(tg.tensor(3).item()) is int and type(tg.tensor(True).item()) is bool
    assert tg.tensor([[1.5, 2.0]], requires_grad=True).tolist() == [[1.5, 2.0]]
    assert tg.tensor(2.5, requires_grad=True).tolist() == 2.5
    x = tg.zeros(2)
    x.numpy()[0] = 1.0
    assert x.tolist() == [1.0, 0.0]
    leaf = tg.zeros(2, requires_grad=True)
    with pytest.raises(ConversionError, match=r"detach\(\)"):
        leaf.numpy()
    with pytest.raises(ConversionError, match=r"detach\(\)"):
        np.asarray(leaf)
    assert leaf.detach().numpy() is leaf.numpy(force=True)
    for size in (0, 2):
        with pytest.raises(ConversionError, match=rf"\({size},\)"):
            tg.zeros(size).item()


def test_arrays() -> None:
    x = tg.tensor([1.0, 2.0])
    assert np.asarray(x) is x.numpy()
    assert not np.shares_memory(np.array(x), x.numpy())
    assert np.asarray(x, dtype=np.int64).tolist() == [1, 2]
    assert np.array([x, x]).shape == (2, 2)
    assert np.arange(5)[tg.tensor([1, 3])].tolist() == [1, 3]
    assert np.arange(3)[tg.tensor([True, False, True])].tolist() == [0, 2]
    assert [10, 20, 30][tg.tensor(1)] == 20
    assert list(range(tg.tensor(3))) == [0, 1, 2]


def test_truth_and_numbers() -> None:
    assert tg.tensor(1) and not tg.tensor([0.0])
    assert (int(tg.tensor(2.7)), float(tg.tensor(2)), int(tg.tensor([[3]]))) == (2, 2.0, 3)
    for empty_or_many in (tg.zeros(0), tg.zeros(2)):
        with pytest.raises(ConversionError, match="any"):
            bool(empty_or_many)
    with pytest.raises(ConversionError):
        float(tg.zeros(2))
    for no_index in (tg.tensor(1.0), tg.tensor([1, 2])):
        with pytest.raises(ConversionError):
            range(no_index)
    assert 2.0 in tg.tensor([1.0, 2.0]) and 3 not in tg.tensor([1.0, 2.0])
    assert len({tg.tensor(1), tg.tensor(1)}) == 2


def test_format() -> None:
    assert f"{tg.tensor(3.14159):.2f} {tg.tensor(7):03d} {tg.tensor(True)}" == "3.14 007 True"
    assert f"{tg.tensor([1.0])}" == "tensor([1.])"
    with pytest.raises(ConversionError, match=r"\.2f"):
        format(tg.tensor([1.0, 2.0]), ".2f")


# Other dtypes


def test_to() -> None:
    x = tg.tensor([1.5, 2.5], requires_grad=True)
    assert x.to(tg.float32) is x is x.float() is x.type(tg.float32) is x.to(x) is x.to("cpu")
    for y in (
        x.to(tg.float64), x.to(dtype=tg.float64), x.to("cpu", tg.float64), x.double(),
        x.to(tg.zeros(1, dtype=tg.float64)), x.to(other=tg.zeros(1, dtype=tg.float64)),
        x.to("float64"), x.to(device="cpu", dtype=np.float64, non_blocking=True),
        x.type_as(tg.zeros(1, dtype=tg.float64)), x.type(tg.double),
    ):  # fmt: skip
        assert y.dtype == tg.float64 and y.requires_grad
    x.double().sum().backward()
    assert x.grad is not None and x.grad.dtype == tg.float32
    twin = x.to(tg.float32, copy=True)
    assert twin is not x and twin.data_ptr() != x.data_ptr()
    assert not x.long().requires_grad
    assert x.long().tolist() == [1, 2]
    assert x.type() == "torch.FloatTensor"
    with pytest.raises(DTypeError, match="complex64"):
        x.to("complex64")


def test_contiguous() -> None:
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert x.contiguous() is x
    y = x.T.contiguous()
    assert y.is_contiguous() and y.tolist() == [[1.0, 3.0], [2.0, 4.0]]
    (y * tg.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [[1.0, 3.0], [2.0, 4.0]]


def test_new_tensors_like_this_one() -> None:
    x = tg.zeros(2, dtype=tg.float64)
    for y in (x.new_tensor([1.0]), x.new_zeros(3), x.new_ones((3,)), x.new_empty(1, 2),
              x.new_full((2,), 3)):  # fmt: skip
        assert y.dtype == tg.float64 and not y.requires_grad
    assert x.new_ones(2, dtype=tg.int64).dtype == tg.int64
    assert x.new_zeros(2, requires_grad=True).requires_grad


# Copies and pickles


def twins(x: Any) -> list[Any]:
    return [copy.deepcopy(x), pickle.loads(pickle.dumps(x))]


def test_copies_of_leaves() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    deep, pickled = twins(x)
    for y in (deep, pickled):
        assert y.tolist() == x.tolist() and y.requires_grad and y.is_leaf
        assert y.data_ptr() != x.data_ptr()
        y.sum().backward()
    assert deep.grad.tolist() == [3.0, 5.0]
    assert pickled.grad.tolist() == [1.0, 1.0]
    assert x.grad is not None and x.grad.tolist() == [2.0, 4.0]
    shared = copy.copy(x)
    assert shared.data_ptr() == x.data_ptr() and shared.requires_grad
    pair = copy.deepcopy([x, x])
    assert pair[0] is pair[1] is not x
    for y in twins(tg.tensor([[1, 2], [3, 4]]).T):
        assert y.tolist() == [[1, 3], [2, 4]] and not y.requires_grad


def test_what_was_computed_is_not_copied() -> None:
    y = tg.ones(2, requires_grad=True) * 2
    for make in (copy.deepcopy, pickle.dumps):
        with pytest.raises(GradientError, match=r"detach\(\)"):
            make(y)
        make(y.detach())


def test_attributes_travel() -> None:
    x = tg.ones(2)
    x.note = ["mine"]
    for y in twins(x):
        assert y.note == ["mine"] and y.note is not x.note


def test_modules_and_optimisers() -> None:
    model = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.BatchNorm1d(4), tg.nn.ReLU())
    optimiser = tg.optim.Adam(model.parameters(), lr=0.1)
    x = tg.randn(5, 3)

    def step(model: Any, optimiser: Any) -> None:
        optimiser.zero_grad()
        model(x).square().sum().backward()
        optimiser.step()

    step(model, optimiser)
    copies = twins((model, optimiser))
    step(model, optimiser)
    for other, its in copies:
        assert type(other[0].weight) is tg.nn.Parameter
        assert its.param_groups[0]["params"][0] is other[0].weight
        assert other[0].weight is not model[0].weight
        step(other, its)
        for a, b in zip(other.parameters(), model.parameters(), strict=True):
            assert a.equal(b)


@pytest.mark.parametrize("op", [tg.relu, tg.exp, tg.mul, tg.softmax, tg.matmul])
def test_operations_can_be_parts_of_what_is_copied(op: Any) -> None:
    assert all(twin is op for twin in twins(op))
    assert op.__name__


# Print


def same_text(array: np.ndarray[Any, Any]) -> None:
    torch = pytest.importorskip("torch")
    assert repr(tg.tensor(array)) == repr(torch.tensor(array))


@given(
    st.one_of(
        st.lists(st.integers(1, 8), max_size=4).map(tuple),
        st.sampled_from([(0,), (0, 3), (2, 0), (200,), (1001,), (40, 60), (3, 2000), (11, 12, 13)]),
    ),
    st.sampled_from(["float32", "float64", "float16", "int64", "int32", "uint8", "bool"]),
    st.sampled_from(["normal", "whole", "nan", "inf", "zero", "spread", "empty-handed"]),
    st.integers(-8, 9),
    st.integers(0, 2**16),
)
@settings(max_examples=150)
def test_repr_is_pytorchs(
    shape: tuple[int, ...], dtype: str, kind: str, exponent: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    a = rng.standard_normal(shape) * 10.0**exponent
    if kind == "whole":
        a = np.round(a)
    elif kind in ("nan", "inf"):
        a = np.where(rng.random(shape) < 0.2, -float(kind), np.round(a) if seed % 2 else a)
    elif kind == "zero":
        a = np.zeros(shape)
    elif kind == "spread":
        a = rng.standard_normal(shape) * 10.0 ** rng.integers(-3, 3, size=shape)
    elif kind == "empty-handed":
        a = np.where(rng.random(shape) < 0.5, 0, np.nan)
    if np.dtype(dtype).kind in "iu":
        a = np.clip(np.nan_to_num(a), 0 if dtype == "uint8" else -100, 100)
    with np.errstate(all="ignore"):
        same_text(np.asarray(a).astype(dtype))


def test_a_shape_is_a_tuple_that_reads_like_pytorchs() -> None:
    shape = tg.zeros(2, 3, 4).shape
    assert (str(shape), shape.numel()) == ("torch.Size([2, 3, 4])", 24)
    assert shape == (2, 3, 4) and shape[-1] == 4 and hash(shape) == hash((2, 3, 4))
    other = tg.zeros(2).size()
    for part in (shape[1:], shape + other, (9, 8)[:1] + shape, shape * 2, other):
        assert isinstance(part, tg.Size)
    assert (other + shape[1:], (9, 8)[:1] + other) == ((2, 3, 4), (9, 2))


def test_repr_says_where_a_gradient_flows() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    assert repr(x) == "tensor([1., 2.], requires_grad=True)"
    assert repr(x * 2) == "tensor([2., 4.], grad_fn=<MulBackward0>)"
    assert repr(x.double()) == "tensor([1., 2.], dtype=torch.float64, grad_fn=<ToBackward0>)"
    assert repr(tg.zeros(0, 3)) == "tensor([], size=(0, 3))"
    assert repr(tg.zeros(0, dtype=tg.int64)) == "tensor([], dtype=torch.int64)"
    assert str(tg.tensor(3)) == "tensor(3)"
    torch = pytest.importorskip("torch")
    for n in range(40):
        ours, theirs = tg.zeros(n, requires_grad=True), torch.zeros(n, requires_grad=True)
        assert repr(ours) == repr(theirs)
        assert repr(ours.clone()) == repr(theirs.clone())


def test_printoptions() -> None:
    x = tg.tensor([1.0, 2.34567])
    try:
        set_printoptions(precision=2)
        assert repr(x) == "tensor([1.00, 2.35])"
        set_printoptions(sci_mode=True)
        assert repr(x) == "tensor([1.00e+00, 2.35e+00])"
        set_printoptions(profile="short", threshold=3)
        assert repr(tg.arange(5)) == "tensor([0, 1,  ..., 3, 4])"
        with pytest.raises(ArgumentError, match="wide"):
            set_printoptions(profile="wide")
        set_printoptions(profile="full")
        assert "..." not in repr(tg.zeros(2000))
    finally:
        set_printoptions(profile="default")
    assert repr(x) == "tensor([1.0000, 2.3457])"

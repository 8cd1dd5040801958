"""The activations beside PyTorch's, at their kinks and over the whole range too."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from tests.parity.beside import Array, Drawn, Sample, beside, compare
from tests.parity.modules import ModuleSample, compare_initial, compare_module
from tinygrad_kr import from_numpy, nn
from tinygrad_kr.nn import functional as F
from tinygrad_kr.random import manual_seed

Sampler = Callable[[Drawn], Sample]
KINKS = (-6.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0)
FAR = (-100.0, -20.5, 20.5, 100.0)
INFINITE = (np.inf, -np.inf)


def values(m: Drawn, shape: Any = None, rare: tuple[float, ...] = INFINITE) -> Array:
    """Floats, kinks often among them; now and then large ones, or what is ``rare``.

    No nan among them: PyTorch's gradient there is another in vectorised loops than in others.
    """
    shape = m.shape() if shape is None else shape
    x = np.asarray(m.rng.standard_normal(shape) * 3)
    pools = [KINKS] * m.chance(0.7) + [FAR] * m.chance(0.3) + [rare] * m.chance(0.2)
    for pool in pools:
        if pool:
            x = np.where(m.rng.random(shape) < 0.3, m.rng.choice(pool, shape), x)
    return np.asarray(x, m.of("float64", "float64", "float32"))


def any_array(m: Drawn, rare: tuple[float, ...] = INFINITE) -> Array:
    """Floats, now and then of half precision, integers or bools."""
    if m.chance(0.1):
        shape = m.shape(sides=(1, 2, 3, 4))
        return m.of(m.bools(shape), m.integers(shape), m.integers(shape, "uint8"))
    x = values(m, rare=rare)
    return x.astype("float16") if m.chance(0.1) else x


def of_one(m: Drawn) -> Sample:
    return (any_array(m),), {}


def options(*, rare: tuple[float, ...] = INFINITE, **drawn: Callable[[Drawn], Any]) -> Sampler:
    """A tensor, and each of these options now and then."""
    return lambda m: (
        (any_array(m, rare),),
        {name: of(m) for name, of in drawn.items() if m.chance(0.7)},
    )


def one_of(*choices: Any) -> Callable[[Drawn], Any]:
    return lambda m: m.of(*choices)


def along(**drawn: Callable[[Drawn], Any]) -> Sampler:
    """A tensor and a dimension of it."""

    def sample(m: Drawn) -> Sample:
        x = any_array(m)
        own = {name: of(m) for name, of in drawn.items() if m.chance()}
        return (x,), {**({"dim": m.dim(x.ndim)} if m.chance(0.8) else {}), **own}

    return sample


def glu(m: Drawn) -> Sample:
    x = values(m, m.shape(0, 3, (0, 2, 4, 4, 6, 3)))
    return (x, m.dim(x.ndim)) if m.chance(0.8) else (x,), {}


def prelu(m: Drawn) -> Sample:
    x = values(m, m.shape(0, 4), ())
    channels = x.shape[1] if x.ndim > 1 else 1
    shape = m.of((1,), (1,), (channels,), (channels,), (), (channels + 1,), (1, channels))
    dtype = x.dtype if m.chance(0.9) else np.dtype("float16")
    return (x, m.floats(shape, dtype.name)), {}


def rrelu(m: Drawn) -> Sample:
    """In training only with a slope that is certain."""
    lower, upper = m.of((0.1, 0.3), (0.2, 0.2), (-0.5, -0.5), (0.3, 0.1), (0.2, float("inf")))
    training = lower >= upper and m.chance()
    return (any_array(m),), {"lower": lower, "upper": upper, "training": training}


def thresholds(m: Drawn) -> Sample:
    at, value = m.of(0.5, 1, -1.0, 0, float("inf")), m.of(0, 20, -2.5)
    x = any_array(m)
    return (np.asarray(abs(x)) if x.dtype.kind == "u" else x, abs(at), abs(value)), {}


def hardtanh(m: Drawn) -> Sample:
    limits = m.of((-1.0, 1.0), (-3, 0.5), (0.0, 6.0), (1, 1), (1.0, -1.0), (-0.5, float("inf")))
    return (any_array(m), *(limits if m.chance(0.8) else ())), {}


def hard_gumbel(m: Drawn) -> Sample:
    """So far apart that the noise does not matter."""
    shape = m.shape(0, 3)
    x = np.argsort(m.rng.random((*shape, 3)), -1) * 1e3
    tau = {"tau": m.of(1, 2.0, 0.5)} if m.chance() else {}
    dim = {"dim": m.of(-1, len(shape), 9)} if m.chance() else {}
    return (x.astype(m.of("float64", "float32")),), {**tau, **dim, "hard": m.chance()}


FLAGS = one_of(0.5, 0, 1.0, 3, -0.5)
ALPHA = one_of(1.0, 0.5, 2, 0.0, -1.0)
SAMPLES: dict[str, Sampler] = {
    "celu": options(alpha=ALPHA),
    "elu": options(alpha=ALPHA),
    "gelu": options(rare=(), approximate=one_of("none", "tanh", "fast")),
    "glu": glu,
    "gumbel_softmax": hard_gumbel,
    "hardshrink": options(lambd=FLAGS),
    "hardsigmoid": of_one,
    "hardswish": of_one,
    "hardtanh": hardtanh,
    "leaky_relu": options(negative_slope=one_of(0.2, -0.5, 0, 1)),
    "log_softmax": along(dtype=one_of(np.dtype("float64"), None)),
    "logsigmoid": of_one,
    "mish": lambda m: ((np.asarray(values(m).clip(-10, 10)),), {}),  # PyTorch's has nan beyond
    "prelu": prelu,
    "relu": of_one,
    "relu6": of_one,
    "rrelu": rrelu,
    "selu": of_one,
    "sigmoid": of_one,
    "silu": of_one,
    "softmax": along(dtype=one_of(np.dtype("float64"), None)),
    "softmin": along(dtype=one_of(np.dtype("float64"), None)),
    "softplus": options(beta=one_of(1, 2.0, 0.5, -1.0), threshold=one_of(20, 1.3)),
    "softshrink": options(lambd=FLAGS),
    "softsign": of_one,
    "tanh": of_one,
    "tanhshrink": of_one,
    "threshold": thresholds,
}
WIDER = {
    "relu": "of bools too",
    "rrelu": "of half precision too, in training",
    "softplus": "of integers too",
    "softsign": "of bools too",
    "tanhshrink": "of bools too",
}


def how(name: str) -> dict[str, Any]:
    # Of PyTorch's sixth in hardsigmoid's slope there are seven digits; prelu's second derivative
    # at 0 is that from the right, its first that from the left.
    slack, order = {"hardsigmoid": 10.0}.get(name, 1.0), {"prelu": 1}.get(name, 2)
    return {"wider": WIDER.get(name, ""), "slack": slack, "order": order}


@pytest.mark.parametrize("name", SAMPLES)
def test_functions(name: str, record_property: Callable[[str, Any], None]) -> None:
    compare(f"nn.functional.{name}", SAMPLES[name], record_property, **how(name))


INPLACE = [name[:-1] for name in F.__all__ if name.endswith("_")]
BY_OPTION = ["hardsigmoid", "hardswish", "mish", "relu6", "silu"]


@pytest.mark.parametrize("name", [*(f"{name}_" for name in INPLACE), *BY_OPTION])
def test_in_place(name: str, record_property: Callable[[str, Any], None]) -> None:
    """Both forms write over what they are given, and give it back."""

    def written(lib: Any) -> Callable[..., Any]:
        op = attrgetter(name)(lib)
        asked = {"inplace": True} if name in BY_OPTION else {}

        def run(x: Any, *args: Any, **kwargs: Any) -> Any:
            copy = x.clone()
            out = op(copy, *args, **kwargs, **asked)
            assert out is copy
            return copy

        return run

    def positive(m: Drawn) -> Sample:
        """PyTorch refuses the derivative of negative slopes in place."""
        while True:
            args, kwargs = SAMPLES[name.rstrip("_")](m)
            own = [*kwargs.values(), *(a for a in args[1:] if name == "threshold_")]
            if name == "hardtanh_" and args[1:] > args[2:]:
                continue  # it does not check its limits
            if all(0 <= v < np.inf for v in own) and kwargs.get("alpha") != 0:
                return args, kwargs

    compare(f"nn.functional.{name}", positive, record_property, **how(name.rstrip("_")),
            ours=written(F), theirs=written(torch.nn.functional))  # fmt: skip


@pytest.mark.parametrize(
    "name", ["gelu", "hardsigmoid", "hardswish", "mish", "relu6", "softshrink"]
)
def test_nan_stays_nan(name: str) -> None:
    beside(
        getattr(F, name),
        getattr(torch.nn.functional, name),
        ((np.array([np.nan, 1]),), {}),
        order=0,
    )


# Modules

Options = dict[str, Callable[[Drawn], Any]]


def module(function: str, rest: int = 0) -> Callable[[Drawn], ModuleSample]:
    """The function's samples, its options as those of the constructor."""

    def sample(m: Drawn) -> ModuleSample:
        (x, *args), kwargs = SAMPLES[function](m)
        names = {"threshold": ("threshold", "value"), "hardtanh": ("min_val", "max_val"),
                 "glu": ("dim",)}.get(function, ())  # fmt: skip
        kwargs = {**kwargs, **dict(zip(names, args, strict=False))}
        kwargs.pop("training", None)
        kwargs.pop("dtype", None)
        if kwargs.get("min_val", 0) >= kwargs.get("max_val", 1):  # an AssertionError of PyTorch's
            kwargs["min_val"] = kwargs["max_val"] - 1
        if kwargs.get("approximate") == "fast":  # PyTorch's module refuses it when called
            del kwargs["approximate"]
        if kwargs.get("lower") is not None:
            kwargs["upper"] = kwargs["lower"]
        return kwargs, (x,)

    return sample


def of_prelu(m: Drawn) -> ModuleSample:
    x = values(m, m.shape(1, 4), ())
    count = x.shape[1] if x.ndim > 1 and m.chance() else m.of(1, 1, 3)
    return {"num_parameters": count, "init": m.of(0.25, 0.5)}, (x,)


def of_softmax2d(m: Drawn) -> ModuleSample:
    return {}, (values(m, m.shape(2, 5)),)


MODULES: dict[str, Callable[[Drawn], ModuleSample]] = {
    "CELU": module("celu"), "ELU": module("elu"), "GELU": module("gelu"), "GLU": module("glu"),
    "Hardshrink": module("hardshrink"), "Hardsigmoid": module("hardsigmoid"),
    "Hardswish": module("hardswish"), "Hardtanh": module("hardtanh"),
    "LeakyReLU": module("leaky_relu"), "LogSigmoid": module("logsigmoid"),
    "LogSoftmax": module("log_softmax"), "Mish": module("mish"), "PReLU": of_prelu,
    "RReLU": module("rrelu"), "ReLU": module("relu"), "ReLU6": module("relu6"),
    "SELU": module("selu"), "SiLU": module("silu"), "Sigmoid": module("sigmoid"),
    "Softmax": module("softmax"), "Softmax2d": of_softmax2d, "Softmin": module("softmin"),
    "Softplus": module("softplus"), "Softshrink": module("softshrink"),
    "Softsign": module("softsign"), "Tanh": module("tanh"), "Tanhshrink": module("tanhshrink"),
    "Threshold": module("threshold"),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_modules(name: str, record_property: Callable[[str, Any], None]) -> None:
    compare_module(name, MODULES[name], record_property, **how(name.lower()))


def test_representations_with_inplace() -> None:
    for name in MODULES:
        theirs = getattr(torch.nn, name)
        if "inplace" in theirs.__init__.__annotations__:
            given = (0.1, 20) if name == "Threshold" else ()
            ours = getattr(nn, name)(*given, inplace=True)
            assert repr(ours) == repr(theirs(*given, inplace=True))


def test_initial_values() -> None:
    compare_initial("PReLU", num_parameters=3, init=0.1)


# What is drawn


def test_the_slopes_of_rrelu_in_training_are_drawn_between_the_bounds() -> None:
    manual_seed(0)
    x = nn.Parameter(from_numpy(np.full(4000, -1.0)))
    y = F.rrelu(x, 0.25, 0.75, training=True)
    y.sum().backward()
    slopes = -y.detach().numpy()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), slopes)
    assert 0.25 <= slopes.min() < 0.26 and 0.74 < slopes.max() <= 0.75
    assert abs(slopes.mean() - 0.5) < 0.01

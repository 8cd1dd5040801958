"""``out=``, shifts, and the special functions at the ends of float64's range."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr.errors import ArgumentError, DTypeError, GradientError, InplaceError, ShapeError

special = tg.special
A = tg.tensor([1.0, -2.0])
B = tg.tensor([3.0, 4.0])

TAKING: dict[str, Callable[..., Any]] = {
    "exp": lambda **o: tg.exp(A, **o),
    "mul": lambda **o: tg.mul(A, B, **o),
    "add": lambda **o: tg.add(A, B, alpha=2, **o),
    "sub": lambda **o: tg.sub(A, B, **o),
    "div": lambda **o: tg.div(A, B, rounding_mode="floor", **o),
    "pow": lambda **o: tg.pow(A, 2, **o),
    "lerp": lambda **o: tg.lerp(A, B, 0.25, **o),
    "round": lambda **o: tg.round(A, decimals=1, **o),
    "clamp": lambda **o: tg.clamp(A, 0, **o),
    "where": lambda **o: tg.where(A > 0, A, B, **o),
    "hypot": lambda **o: tg.hypot(A, B, **o),
    "ldexp": lambda **o: tg.ldexp(A, B, **o),
    "addcmul": lambda **o: tg.addcmul(A, A, B, value=2, **o),
    "logit": lambda **o: tg.logit(A, 0.25, **o),
}


@pytest.mark.parametrize("name", TAKING)
def test_out_takes_the_result(name: str) -> None:
    want = TAKING[name]()
    for out in (tg.zeros(2), tg.empty(0), tg.zeros(2, dtype=tg.float64), tg.zeros(2, 2)[:, 1]):
        assert TAKING[name](out=out) is out
        assert tg.allclose(out, want)
    base = tg.zeros(3)
    TAKING[name](out=base[1:])
    assert base.tolist() == [0, *want.tolist()]
    square = base * base
    before = square._version[0]
    TAKING[name](out=square[:2])
    assert square._version[0] == before + 1


def test_out_is_a_tuple_where_the_result_is_one() -> None:
    outs = tg.empty(0), tg.empty(0, dtype=tg.int64)
    found = tg.frexp(A, out=outs)
    assert found.mantissa is outs[0] and found.exponent is outs[1]
    assert [t.tolist() for t in outs] == [[0.5, -0.5], [1, 2]]


def test_out_may_be_an_input() -> None:
    x = A.clone()
    assert tg.hypot(x, B, out=x).tolist() == pytest.approx([10**0.5, 20**0.5])


@pytest.mark.parametrize(
    ("out", "error"),
    [
        (tg.zeros(3), ShapeError),
        (tg.zeros(4)[:0], ShapeError),
        (tg.zeros(2, dtype=tg.int64), DTypeError),
        (tg.zeros(2, requires_grad=True), GradientError),
        (np.zeros(2), ArgumentError),
        (tg.zeros(1).expand(2), InplaceError),
    ],
)
@pytest.mark.parametrize("name", ["exp", "hypot", "add", "ldexp"])
def test_out_is_refused(name: str, out: Any, error: type[Exception]) -> None:
    before = np.array(out.detach() if isinstance(out, tg.Tensor) else out)
    with pytest.raises(error):
        TAKING[name](out=out)
    after = np.array(out.detach() if isinstance(out, tg.Tensor) else out)
    assert after.tolist() == before.tolist()


def test_out_wants_no_gradient() -> None:
    x = A.clone().requires_grad_()
    for call in (
        tg.exp,
        lambda x, out: tg.addcmul(B, B, x, out=out),
        lambda x, out: tg.addcmul(B, B, tensor2=x, out=out),
    ):
        with pytest.raises(GradientError, match="detach"):
            call(x, out=tg.zeros(2))
    with tg.no_grad():
        assert tg.exp(x, out=tg.zeros(2)).tolist() == tg.exp(A).tolist()


def test_arguments_have_pytorchs_names() -> None:
    assert tg.exp(input=A).tolist() == tg.exp(A).tolist()
    assert tg.hypot(input=A, other=B).tolist() == A.hypot(other=B).tolist()


def test_shifts() -> None:
    x = tg.tensor([1, -5])
    assert [(x << 2).tolist(), (x >> 1).tolist()] == [[4, -20], [0, -3]]
    assert [(2 << tg.tensor([1, 70])).tolist(), (9 >> tg.tensor([1, 70])).tolist()] == [
        [4, 0],
        [4, 0],
    ]
    y = x
    y <<= 1
    y >>= tg.tensor([0, 1])
    assert y is x and x.tolist() == [2, -5]
    with pytest.raises(DTypeError):
        A << 1


def test_in_place_what_is_kept_is_a_copy() -> None:
    """The operand of a composite, and one that was cast for its partner."""
    x = A.clone().requires_grad_()
    y = (x * 1).ldexp_(B)
    y.sum().backward()
    assert x.grad.tolist() == [8, 16]
    z = B.clone().requires_grad_()
    (z * 1).pow_(tg.tensor([2.0, 3.0], dtype=tg.float64)).sum().backward()
    assert z.grad.tolist() == [6, 48]


def test_powers_below_0_of_integers() -> None:
    found = tg.pow(tg.tensor([1, -1, -1, 2]), tg.tensor([-3, -3, -2, -1]))
    assert found.tolist() == [1, -1, 1, 0]


def near(name: str, at: Any, want: Any, rtol: float = 1e-12) -> None:
    found = getattr(special, name)(tg.tensor(at, dtype=tg.float64)).numpy()
    np.testing.assert_allclose(found, np.array(want), rtol, 0, err_msg=name)


LINE = [*np.linspace(-6, 26, 333), 1e-300, -1e-17, 1e-8]


def test_the_error_function_and_the_normal_distribution() -> None:
    normal = NormalDist()
    near("erfc", LINE, [math.erfc(v) for v in LINE])
    near("ndtr", LINE, [math.erfc(-v / math.sqrt(2)) / 2 for v in LINE])
    near(
        "erfcx",
        np.linspace(-5, 5, 99),
        [math.erfc(v) * math.exp(v * v) for v in np.linspace(-5, 5, 99)],
    )
    shares = [*np.linspace(0.01, 0.99, 99), 5e-324, 1e-300, 1e-17, 1 - 2**-53]
    near("ndtri", shares, [normal.inv_cdf(v) if v != 0.5 else 0.0 for v in shares])
    near(
        "erfinv",
        [2 * v - 1 for v in shares[:99]],
        [normal.inv_cdf(v) / math.sqrt(2) for v in shares[:99]],
        3e-14,
    )


def test_far_tails() -> None:
    """Asymptotic series, the next term of which is below the last bit."""
    far = np.array([-1e3, -1e5, -1e8, -1e150])
    near(
        "log_ndtr",
        far,
        -far * far / 2
        - np.log(-far * math.sqrt(2 * math.pi))
        + np.log1p(-1 / (far * far) + 3 / far**2 / far**2),
    )
    near("erfcx", -far, 1 / (-far * math.sqrt(math.pi)) * (1 - 0.5 / (far * far)))
    near("erfinv", [1e-300, 1e-10], [math.sqrt(math.pi) / 2 * v for v in (1e-300, 1e-10)])
    near("log_ndtr", [10.0, 37.0], [-math.erfc(v / math.sqrt(2)) / 2 for v in (10.0, 37.0)])


@pytest.mark.parametrize(
    ("name", "at", "want"),
    [
        ("erfinv", [-1, 1, 2, -0.0], [-math.inf, math.inf, math.nan, -0.0]),
        ("ndtri", [0, 1, 2, 0.5], [-math.inf, math.inf, math.nan, 0.0]),
        ("log_ndtr", [-math.inf, math.inf], [-math.inf, 0]),
        ("erfcx", [-math.inf, math.inf], [math.inf, 0]),
        ("entr", [0, -1, math.inf], [0, -math.inf, -math.inf]),
        ("logit", [0, 1, 2], [-math.inf, math.inf, math.nan]),
        ("sinc", [0, 1, math.inf], [1, 0, math.nan]),
    ],
)
def test_at_the_ends(name: str, at: list[float], want: list[float]) -> None:
    found = getattr(special, name)(tg.tensor(at, dtype=tg.float64)).numpy()
    np.testing.assert_allclose(found, want, 0, 1e-15)


def test_the_slope_of_logit_at_its_ends_and_beyond() -> None:
    x = tg.tensor([-0.5, 0.0, 0.5, 1.0, 1.5], requires_grad=True)
    special.logit(x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [math.nan, math.inf, 4, math.inf, math.nan])


def test_second_derivative_of_sinc_at_0() -> None:
    x = tg.zeros((), dtype=tg.float64, requires_grad=True)
    (first,) = tg.autograd.grad(special.sinc(x), x, create_graph=True)
    (second,) = tg.autograd.grad(first, x)
    assert [first.item(), second.item()] == [0, pytest.approx(-(math.pi**2) / 3)]


def test_a_product_with_a_logarithm_is_0_where_its_factor_is() -> None:
    x = tg.zeros(3, requires_grad=True)
    y = special.xlogy(x, tg.tensor([0.0, 2.0, math.nan]))
    y[:2].sum().backward()
    assert y[:2].tolist() == [0, 0] and math.isnan(y[2].item())
    assert x.grad[:2].tolist() == pytest.approx([0, math.log(2)])
    assert special.xlog1py(0, tg.tensor([-1.0])).tolist() == [0]
    for product, edge in ((special.xlogy, 0.0), (special.xlog1py, -1.0)):
        a = tg.tensor([0.0, 0.0, 1.0], requires_grad=True)
        product(a, tg.tensor([edge, edge + 0.5, edge])).sum().backward()
        assert a.grad.tolist() == pytest.approx([0, math.log(0.5), -math.inf])


nan = math.nan


@pytest.mark.parametrize(
    ("name", "a", "b", "by_a", "by_b"),
    [
        ("atan2", [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, -1, 0]),
        ("copysign", [0, 1, -1, 2], [1, -1, 1, -1], [0, -1, -1, -1], [0, 0, 0, 0]),
        ("fmax", [1, 0, nan, 0, nan], [1, 1, 0, nan, nan], [1, 0, 0, 1, 1], [0, 1, 1, 0, 0]),
        ("fmin", [1, 2, nan, 0, nan], [1, 1, 0, nan, nan], [1, 0, 0, 1, 1], [0, 1, 1, 0, 0]),
        ("nextafter", [1, 1, 0], [1, 2, 5e-324], [0, 1, 1], [0, 0, 0]),
        # PyTorch has no gradient of the step: at 0 it is its value's.
        ("heaviside", [-1, 0, 1], [2, 2, 2], [0, 0, 0], [0, 1, 0]),
    ],
)
def test_gradients_at_ties_nan_and_zeros(
    name: str, a: list[float], b: list[float], by_a: list[float], by_b: list[float]
) -> None:
    x, y = (tg.tensor(v, dtype=tg.float64, requires_grad=True) for v in (a, b))
    (2 * getattr(tg, name)(x, y)).sum().backward()
    assert (x.grad / 2).tolist() == by_a and (y.grad / 2).tolist() == by_b


def test_the_angle_of_the_origin_has_no_second_derivative_either() -> None:
    a, b = (tg.zeros((), requires_grad=True) for _ in "ab")
    (slope,) = tg.autograd.grad(tg.atan2(a, b), a, create_graph=True)
    assert [g.item() for g in tg.autograd.grad(slope, (a, b))] == [0, 0]


def test_ldexp_reaches_from_end_to_end_of_the_range() -> None:
    """2^2000 itself is infinite."""
    assert tg.ldexp(tg.tensor(2.0**-1000, dtype=tg.float64), 2000).item() == 2.0**1000

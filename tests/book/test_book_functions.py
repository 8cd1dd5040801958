"""The book's functions, numerical gradients and tools."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinygrad_kr.book import functions as f
from tinygrad_kr.book import gradient, util
from tinygrad_kr.errors import (
    ArgumentError,
    DTypeError,
    HyperparameterError,
    InplaceError,
    ShapeError,
    TargetError,
)

X = np.array([[-2.0, -0.5, 0.0], [0.5, 2.0, 30.0]])


def two_lines(error: Any) -> None:
    korean, english = str(error.value).split("\n")
    assert any("가" <= c <= "힣" for c in korean) and english.strip()


def test_functions_of_one_array() -> None:
    s = 1 / (1 + np.exp(-X))
    for name, expected in (
        ("identity_function", X), ("step_function", (X > 0).astype(int)), ("sigmoid", s),
        ("sigmoid_grad", s * (1 - s)), ("relu", np.where(X > 0, X, 0)), ("relu_grad", X >= 0),
        ("softmax", np.exp(X) / np.exp(X).sum(1, keepdims=True)),
    ):  # fmt: skip
        function = getattr(f, name)
        given = X.copy()
        np.testing.assert_allclose(function(given), expected, rtol=1e-13, atol=1e-300)
        assert (given == X).all()
        row = function(X[1])
        np.testing.assert_allclose(row, np.asarray(expected)[1], rtol=1e-13, atol=1e-300)
    assert f.step_function(X).dtype == np.int64
    assert f.sigmoid(0) == 0.5 and f.relu(-1.0) == 0 and f.sigmoid(np.arange(2)).dtype == np.float64
    assert f.step_function(0.5) == 1 and f.relu(np.array([-1, 2])).tolist() == [0, 2]
    assert f.softmax(np.array([1, 1])).tolist() == [0.5, 0.5]
    assert f.sigmoid(X.astype(np.float32)).dtype == np.float32


def test_no_function_overflows() -> None:
    """S1."""
    far = np.array([-1e5, 1e5])
    assert f.sigmoid(far).tolist() == [0, 1] and f.sigmoid_grad(far).tolist() == [0, 0]
    assert f.softmax(far).tolist() == [0, 1]
    assert f.softmax_loss(far, np.array([1, 0])) == pytest.approx(-np.log(1e-7))


def test_losses() -> None:
    y = np.array([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])
    t = np.array([2, 0])
    loss = -(np.log(0.7 + 1e-7) + np.log(0.3 + 1e-7)) / 2
    for target in (t, t.astype(np.uint8), np.eye(3)[t], np.eye(3, dtype=int)[t], t.tolist()):
        assert f.cross_entropy_error(y, target) == pytest.approx(loss, abs=1e-14)
    for target in (np.array([0.0, 0.0, 1.0]), np.array(2), 2, np.array([2])):
        assert f.cross_entropy_error(y[0], target) == pytest.approx(-np.log(0.7 + 1e-7), abs=1e-14)
    x = np.log(y)
    assert f.softmax_loss(x, t) == pytest.approx(loss, abs=1e-14)
    assert f.mean_squared_error(y, np.zeros((2, 3))) == pytest.approx((y**2).sum() / 2, abs=1e-15)
    assert f.mean_squared_error([1, 2], [0, 0]) == 2.5


def test_functions_refuse() -> None:
    y = np.full((2, 3), 1 / 3)
    for attempt, kind in (
        (lambda: f.cross_entropy_error(y, np.array([0, 3])), TargetError),
        (lambda: f.cross_entropy_error(y, np.array([0, -1])), TargetError),
        (lambda: f.cross_entropy_error(y, np.array([0, 1, 2])), ShapeError),
        (lambda: f.cross_entropy_error(y, np.array([0.0, 1.0])), DTypeError),
        (lambda: f.cross_entropy_error(np.array(1.0), np.array(0)), ShapeError),
        (lambda: f.mean_squared_error(y, np.zeros(3)), ShapeError),
        (lambda: f.sigmoid(np.array(["a"])), DTypeError),
        (lambda: f.softmax(np.array([1j])), DTypeError),
    ):
        with pytest.raises(kind) as error:
            attempt()
        two_lines(error)


# Numerical gradients


def test_numerical_gradient_is_central_with_the_books_h() -> None:
    x = np.array([[3.0, -2.0], [0.5, 1.0]])
    seen = []

    def cubic(a: Any) -> Any:
        assert a is x
        seen.append(a.copy())
        return (a**3).sum()

    before = x.copy()
    g = gradient.numerical_gradient(cubic, x)
    assert (x == before).all()
    np.testing.assert_allclose(g, 3 * x**2 + 1e-8, rtol=0, atol=1e-9)  # its error is h²
    moved = np.array(seen) - before
    assert np.count_nonzero(moved) == len(seen) == 8
    np.testing.assert_allclose(np.abs(moved).max((1, 2)), 1e-4, rtol=1e-10)


def test_numerical_gradient_of_a_loss_that_ignores_its_argument() -> None:
    """The book's networks look at the array itself."""
    wide = np.arange(12.0).reshape(3, 4)
    part = wide[::2, ::3]  # no contiguous array
    g = gradient.numerical_gradient(lambda _: (wide**2).sum(), part)
    np.testing.assert_allclose(g, 2 * part, rtol=1e-7, atol=1e-7)
    assert (wide == np.arange(12.0).reshape(3, 4)).all()


def test_numerical_gradient_puts_x_back_when_f_fails() -> None:
    x, calls = np.array([1.0, 2.0, 3.0]), []

    def failing(a: Any) -> float:
        calls.append(1)
        if len(calls) == 4:
            raise KeyError("f")
        return 0.0

    with pytest.raises(KeyError):
        gradient.numerical_gradient(failing, x)
    assert x.tolist() == [1, 2, 3]
    for bad in (lambda a: a, lambda a: None, lambda a: "1"):
        with pytest.raises(ShapeError) as error:
            gradient.numerical_gradient(bad, x)
        two_lines(error)
        assert x.tolist() == [1, 2, 3]
    assert gradient.numerical_gradient(lambda a: a[:1] * 2, x).round(6).tolist() == [2, 0, 0]


def test_numerical_gradient_by_rows() -> None:
    x = np.array([[3.0, 4.0], [0.0, 2.0], [-3.0, 0.0]])
    g = gradient.numerical_gradient_2d(lambda row: (row**2).sum(), x)
    np.testing.assert_allclose(g, 2 * x, atol=1e-8)
    one = gradient.numerical_gradient_2d(lambda row: (row**2).sum(), x[0])
    np.testing.assert_allclose(one, [6, 8], atol=1e-8)
    assert x.tolist() == [[3, 4], [0, 2], [-3, 0]]


def test_numerical_gradient_refuses() -> None:
    fixed = np.ones(2)
    fixed.flags.writeable = False
    for function in (gradient.numerical_gradient, gradient.numerical_gradient_2d):
        for x, kind in (
            (np.array([3, 4]), DTypeError), (np.array([True]), DTypeError),
            ([3.0, 4.0], ArgumentError), (3.0, ArgumentError), (fixed, InplaceError),
        ):  # fmt: skip
            with pytest.raises(kind) as error:
                function(lambda a: (a**2).sum(), x)  # type: ignore[arg-type]
            two_lines(error)


# Tools


def test_smooth_curve() -> None:
    x = np.random.default_rng(0).standard_normal(40).cumsum()
    window = np.kaiser(11, 2)
    smoothed = util.smooth_curve(list(x))
    assert smoothed.shape == x.shape
    for i in range(40):
        around = range(i - 5, i + 6)
        values = [x[abs(j)] if j < 40 else x[79 - j] for j in around]
        assert smoothed[i] == pytest.approx(np.dot(window, values) / window.sum(), abs=1e-12)
    for bad in ([1.0] * 10, np.ones((11, 11))):
        with pytest.raises(ArgumentError) as error:
            util.smooth_curve(bad)
        two_lines(error)


def test_shuffle_dataset() -> None:
    for x in (np.arange(20.0).reshape(10, 2), np.arange(10.0).reshape(10, 1, 1, 1)):
        t = np.arange(10)
        np.random.seed(4)
        a, b = util.shuffle_dataset(x, t)
        np.random.seed(4)
        order = np.random.permutation(10)
        assert (a == x[order]).all() and (b == order).all() and (t == np.arange(10)).all()
    with pytest.raises(ShapeError) as error:
        util.shuffle_dataset(x, t[:9])
    two_lines(error)


@pytest.mark.parametrize("stride,pad", [(1, 0), (2, 1), (3, 0)])
def test_im2col_and_back(stride: int, pad: int) -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 6, 5))
    col = util.im2col(x, 3, 2, stride, pad)
    padded = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    down, across = (int(util.conv_output_size(n, k, stride, pad)) for n, k in ((6, 3), (5, 2)))
    rows = [
        padded[n, :, stride * i : stride * i + 3, stride * j : stride * j + 2].ravel()
        for n in range(2) for i in range(down) for j in range(across)
    ]  # fmt: skip
    assert (col == np.array(rows)).all()
    # The one is the transpose of the other.
    other = np.random.default_rng(1).standard_normal(col.shape)
    back = util.col2im(other, x.shape, 3, 2, stride, pad)
    assert back.shape == x.shape
    assert (col * other).sum() == pytest.approx((x * back).sum(), abs=1e-10)


def test_tools_refuse() -> None:
    x = np.ones((1, 1, 4, 4))
    for attempt, kind in (
        (lambda: util.im2col(x[0], 2, 2), ShapeError), (lambda: util.im2col(x, 5, 2), ShapeError),
        (lambda: util.im2col(x, 2, 2, stride=0), HyperparameterError),
        (lambda: util.im2col(x, 2, 2, pad=-1), HyperparameterError),
        (lambda: util.col2im(np.ones((9, 5)), x.shape, 2, 2), ShapeError),
        (lambda: util.conv_output_size(4, 2, stride=0), HyperparameterError),
    ):  # fmt: skip
        with pytest.raises(kind) as error:
            attempt()
        two_lines(error)
    assert util.conv_output_size(7, 3, stride=2, pad=1) == 4.0

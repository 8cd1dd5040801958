"""Linear algebra: what is refused, methods and ``out``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tests.ops.battery import check_op
from tinygrad_kr import linalg
from tinygrad_kr.errors import DeviceError, GradientError, LinAlgError

SINGULAR = [[1.0, 2.0], [2.0, 4.0]]
NAN = [[np.nan, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("function", "values"),
    [(linalg.inv, SINGULAR), (linalg.cholesky, [[0.0]]), (linalg.cholesky, NAN),
     (linalg.svd, NAN), (lambda x: linalg.solve(x, tg.ones(2)), SINGULAR),
     (lambda x: linalg.inv_ex(x, check_errors=True), SINGULAR)],
)  # fmt: skip
def test_refused_by_lapack(function: Callable[..., Any], values: Any) -> None:
    with pytest.raises(LinAlgError, match=r"특이 행렬[\s\S]*singular") as caught:
        function(tg.tensor(values))
    assert isinstance(caught.value, RuntimeError)


def test_no_derivative() -> None:
    for mode, part, batch in (("complete", 0, 1), ("complete", 0, 4), ("r", 1, 1)):
        with pytest.raises(GradientError, match="reduced"):
            linalg.qr(tg.ones(batch, 3, 2).requires_grad_(), mode)[part].sum().backward()
    with pytest.raises(DeviceError):
        linalg.svd(tg.ones(2, 2), driver="gesvd")


def test_complete_qr_of_a_square_has_a_derivative() -> None:
    check_op(lambda x: linalg.qr(x, "complete"), np.array([[2.0, 1.0], [0.5, 3.0]]))


@pytest.mark.parametrize("side", ["U", "Vh"])
def test_one_side_of_an_svd_has_its_gradient(side: str) -> None:
    """Squared, for the signs of singular vectors are anyone's."""
    matrix = np.array([[2.0, 1.0], [0.5, 3.0], [1.0, -1.0]])
    check_op(lambda x: getattr(linalg.svd(x, full_matrices=False), side) ** 2, matrix)


def test_a_right_side_alone_has_its_gradient() -> None:
    fixed = tg.tensor([[2.0, 1.0], [0.0, 4.0]], dtype=tg.float64)
    for solve in (linalg.solve, lambda a, b: linalg.solve_triangular(a, b, upper=True)):
        check_op(lambda b, solve=solve: solve(fixed, b), np.array([[1.0, 2.0], [3.0, -1.0]]))


def test_the_sign_of_a_determinant_is_constant() -> None:
    x = tg.tensor([[2.0, 1.0], [0.0, 3.0]], requires_grad=True)
    assert tg.autograd.grad(linalg.slogdet(x).sign, x, allow_unused=True) == (None,)


def test_a_failure_is_told_apart_in_a_batch() -> None:
    inverse, info = linalg.inv_ex(tg.tensor([SINGULAR, [[2.0, 0.0], [0.0, 4.0]]]))
    assert info.tolist() == [2, 0]
    assert inverse[0].isnan().all() and inverse[1].tolist() == [[0.5, 0.0], [0.0, 0.25]]


@pytest.mark.parametrize("scale", [1e-10, -1.0, 1e10])
def test_both_derivatives_of_determinants_singular_or_not(scale: float) -> None:
    """One has no inverse, the other equal singular values: neither way serves both."""
    values = scale * np.array([[[0.0, 1.0], [1.0, 0.0]], [[0.1, 0.2], [0.3, 0.6]]])
    x = tg.tensor(values, requires_grad=True)
    (first,) = tg.autograd.grad(linalg.det(x).sum(), x, create_graph=True)
    cofactors = values[:, ::-1, ::-1] * [[1, -1], [-1, 1]]
    np.testing.assert_allclose(first.detach().numpy(), cofactors, 1e-9, 0)
    (second,) = tg.autograd.grad((first * tg.tensor([[1.0, 2.0], [3.0, 4.0]])).sum(), x)
    np.testing.assert_allclose(second.numpy(), [[[4, -3], [-2, 1]]] * 2, 1e-6)


def test_methods() -> None:
    x = tg.tensor([[4.0, 1.0], [1.0, 3.0]])
    assert tg.allclose(x.inverse() @ x, tg.eye(2), atol=1e-6)
    assert tg.allclose(x.cholesky() @ x.cholesky().mT, x)
    assert tg.allclose(x.det().log(), x.logdet())
    u, s, v = x.svd()
    assert tg.allclose((u * s) @ v.mT, x, atol=1e-5)
    same = x.addmm_(tg.ones(2, 1), tg.ones(1, 2), alpha=2)
    assert same is x and x.tolist() == [[6.0, 3.0], [3.0, 5.0]]


def test_out() -> None:
    out = tg.zeros(2, 2)
    assert tg.addmm(tg.eye(2), tg.ones(2, 2), tg.ones(2, 2), out=out) is out
    assert out.tolist() == [[3.0, 2.0], [2.0, 3.0]]

"""L-BFGS: 지난 걸음들에서 곡률을 읽는 준뉴턴법.

L-BFGS, a quasi-Newton method, and the line search by the strong Wolfe conditions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, StateDictError
from tinygrad_kr.hyperparameters import choice, integer, number, settle
from tinygrad_kr.optim.optimizer import (
    Group,
    Optimizer,
    Params,
    State,
    check_writeable,
    evaluate,
)
from tinygrad_kr.tensor import Tensor

__all__ = ["LBFGS"]


class Point(NamedTuple):
    """곧은 길 위의 한 점: 거리, 손실, 기울기, 길 방향의 기울기.

    A point on a line: how far, the loss, the gradient, and its slope along the line.
    """

    t: Any
    loss: float
    grad: Array
    slope: Any


def lbfgs_direction(
    grad: Array, ys: list[Array], steps: list[Array], ro: list[Any], scale: Any
) -> Array:
    """−H g: 지난 걸음들로 어림한 역헤세 행렬을 곱한 내리막 방향.

    Downhill by the approximate inverse Hessian H that the last ``steps`` s, the changes ``ys`` of
    the gradient along them and ``ro`` = 1 / (y · s) tell of, oldest first; before them H is
    ``scale`` times the identity.
    """
    memory = list(zip(ys, steps, ro, strict=True))
    d: Array = -grad
    shares = []
    for y, s, r in reversed(memory):
        shares.append(s.dot(d) * r)
        d -= shares[-1] * y
    d = d * scale
    for (y, s, r), share in zip(memory, reversed(shares), strict=True):
        d += (share - y.dot(d) * r) * s
    return d


def _lowest(a: Point, b: Point, low: Any = None, high: Any = None) -> Any:
    """The minimum of the cubic through two points, held between the bounds (by default theirs)."""
    low, high = (min(a.t, b.t), max(a.t, b.t)) if low is None else (low, high)
    a, b = (a, b) if a.t <= b.t else (b, a)
    middle = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = middle**2 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    root = np.sqrt(square)
    t = b.t - (b.t - a.t) * ((b.slope + root - middle) / (b.slope - a.slope + 2 * root))
    return min(max(t, low), high)


def strong_wolfe(
    at: Callable[[Any], Point], start: Point, t: Any, largest: float, most: int
) -> Point:
    """강한 울프 조건을 만족하는 점을 찾는다.

    A point that meets the strong Wolfe conditions, f(t) ≤ f(0) + 10⁻⁴ t f′(0) and
    |f′(t)| ≤ 0.9 |f′(0)|, or the best found in ``most`` tries: first a bracket, then a zoom into
    it, until no element of the parameters, of which the ``largest`` moves by that times t, would
    move.

    Source:
        Nocedal and Wright 2006, algorithms 3.5 and 3.6.
    """

    def too_high(point: Point) -> bool:
        return bool(point.loss > start.loss + 1e-4 * point.t * start.slope)

    def flat(point: Point) -> bool:
        return bool(abs(point.slope) <= -0.9 * start.slope)

    last, new, tries = start, at(t), 0
    while tries < most:
        if too_high(new) or (tries > 1 and new.loss >= last.loss):
            break
        if flat(new):
            return new
        if new.slope >= 0:
            break
        t = _lowest(last, new, new.t + 0.01 * (new.t - last.t), new.t * 10)
        last, new, tries = new, at(t), tries + 1
    else:
        last = start
    ends, near_an_end = [last, new], False
    low = 0 if last.loss <= new.loss else 1
    while tries < most and not abs(ends[1].t - ends[0].t) * largest < 1e-9:
        t, left, right = _lowest(*ends), *sorted(end.t for end in ends)
        margin = 0.1 * (right - left)
        close = min(right - t, t - left) < margin
        if close and (near_an_end or t >= right or t <= left):
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            close = False
        near_an_end = close
        new, tries = at(t), tries + 1
        if too_high(new) or new.loss >= ends[low].loss:
            ends[1 - low] = new
            low = 0 if ends[0].loss <= ends[1].loss else 1
            continue
        if flat(new):
            return new
        if new.slope * (ends[1 - low].t - ends[low].t) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = new
    return ends[low]


class LBFGS(Optimizer):
    """L-BFGS: 기억이 정해진 준뉴턴법.

    L-BFGS: Newton's method with a Hessian that is read from the last steps. :meth:`step` takes a
    closure, walks up to ``max_iter`` times and returns the loss that it began with. There is one
    group of parameters.

    Args:
        params: parameters.
        lr: the length of a step ≥ 0, or what the line search begins with.
        max_iter: the most iterations a :meth:`step`.
        max_eval: the most calls of the closure a :meth:`step`; None means 1.25 ``max_iter``.
        tolerance_grad: stop where no element of the gradient is larger.
        tolerance_change: stop where neither parameters nor loss change more.
        history_size: how many steps are remembered.
        line_search_fn: "strong_wolfe", or None for steps of one length.

    Source:
        Liu and Nocedal 1989.

    >>> import tinygrad_kr as tg
    >>> w = tg.tensor([-1.5, 2.0], requires_grad=True)
    >>> optimizer = tg.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(4):
    ...     loss = optimizer.step(closure)
    >>> w
    tensor([1.0000, 1.0000], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        defaults = dict(
            lr=lr,
            max_iter=max_iter,
            max_eval=max_eval,
            tolerance_grad=tolerance_grad,
            tolerance_change=tolerance_change,
            history_size=history_size,
            line_search_fn=line_search_fn,
        )
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        settle(group, number, "lr", "tolerance_grad", "tolerance_change", least=0)
        settle(group, integer, "max_iter", "history_size", least=1)
        if group["max_eval"] is None:
            group["max_eval"] = group["max_iter"] * 5 // 4
        settle(group, integer, "max_eval", least=1)
        if group["line_search_fn"] is not None:
            settle(group, choice, "line_search_fn", options=("strong_wolfe",))

    def add_param_group(self, param_group: Group) -> None:
        """매개변수 그룹은 하나뿐이다. There is one group of parameters, and no second."""
        if self.param_groups:
            raise ArgumentError(
                "LBFGS에는 매개변수 그룹을 하나만 줄 수 있습니다.",
                "LBFGS has one parameter group; it takes no second one.",
            )
        super().add_param_group(param_group)

    def _gradient(self) -> Array:
        grads = [np.zeros(p.shape, p.dtype) if p.grad is None else p.grad for p in self._params()]
        return np.concatenate([np.asarray(getattr(g, "_array", g)).reshape(-1) for g in grads])

    def _place(self) -> list[Array]:
        return [p._array.copy() for p in self._params()]

    def _go(self, place: list[Array], t: Any, direction: Array) -> None:
        """Put the parameters at ``place`` + t · ``direction``."""
        cuts = np.cumsum([a.size for a in place])[:-1]
        parts = np.split(direction, cuts)
        for p, begin, part in zip(self._params(), place, parts, strict=True):
            p._array[...] = begin + (t * part).reshape(begin.shape)
            p._version[0] += 1

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """손실이 내려가는 방향으로 max_iter번까지 걷는다.

        Walk up to ``max_iter`` times.

        Args:
            closure: clears the gradients, computes the loss anew, calls ``backward()`` and returns
                the loss.
        """
        group = self.param_groups[0]
        self._check(group)
        check_writeable(group["params"])
        first = evaluate(closure)
        with np.errstate(all="ignore"):
            self._walk(closure, float(first), self._gradient(), group)
        return first

    def _walk(self, closure: Any, loss: float, grad: Array, group: Group) -> None:
        state = self.state[group["params"][0]]
        state["func_evals"] = state.get("func_evals", 0) + 1
        state.setdefault("n_iter", 0)
        evals, lr, tolerance = 1, group["lr"], group["tolerance_change"]
        nowhere = group["line_search_fn"] and not lr
        if nowhere or np.abs(grad).max(initial=0) <= group["tolerance_grad"]:
            return
        memory = {k: [t._array for t in state.get(k, [])] for k in _HISTORY}
        ys, steps, ro = memory.values()
        d: Any
        d, t, last = (getattr(state.get(k), "_array", None) for k in ("d", "t", "prev_flat_grad"))
        scale = getattr(state.get("H_diag"), "_array", 1.0)
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            if last is not None:
                y, s = grad - last, d * t
                product = y.dot(s)
                if product > 1e-10:
                    scale = product / y.dot(y)
                    for held, new in ((ys, y), (steps, s), (ro, 1.0 / product)):
                        held.append(new)
                        del held[: -group["history_size"]]
            d = lbfgs_direction(grad, ys, steps, ro, scale)
            t = lr if last is not None else min(1.0, 1.0 / np.abs(grad).sum()) * lr
            last, last_loss = grad, loss
            slope = grad.dot(d)
            if slope > -tolerance:
                break
            place, before = self._place(), evals

            def at(t: Any, d: Array = d, place: list[Array] = place) -> Point:
                nonlocal evals
                self._go(place, t, d)
                evals += 1
                loss, grad = float(evaluate(closure)), self._gradient()
                return Point(t, loss, grad, grad.dot(d))

            if group["line_search_fn"]:
                start, most = Point(0.0, loss, grad, slope), group["max_eval"] - evals
                t, loss, grad, _ = strong_wolfe(at, start, t, np.abs(d).max(), most)
                self._go(place, t, d)
            elif iteration < group["max_iter"]:
                t, loss, grad, _ = at(t)
            else:
                self._go(place, t, d)
            state["func_evals"] += evals - before
            if (
                evals >= group["max_eval"]
                or np.abs(grad).max() <= group["tolerance_grad"]
                or np.abs(d * t).max() <= tolerance
                or abs(loss - last_loss) < tolerance
            ):
                break
        kept = {"d": d, "t": t, "H_diag": scale, "prev_flat_grad": last, "prev_loss": last_loss}
        state.update({k: _wrapped(value, grad.dtype) for k, value in (kept | memory).items()})

    def _loaded_state(self, i: int, p: Tensor, saved: State) -> State:
        dtype, size = self._gradient().dtype, sum(q.numel() for q in self._params())
        try:
            counts = {k: int(saved[k]) for k in ("func_evals", "n_iter")}
            # PyTorch's ``al`` is scratch.
            rest = {k: _wrapped(saved[k], dtype) for k in saved.keys() - counts.keys() - {"al"}}
            shapes = {k: {tuple(t.shape) for t in _listed(value)} for k, value in rest.items()}
            lengths = {len(rest[k]) for k in _HISTORY} if rest else {0}
            fits = rest.keys() == _SHAPES.keys() or not rest
            fits &= (
                all(s <= {(size,) * _SHAPES[k]} for k, s in shapes.items()) and len(lengths) == 1
            )
        except (KeyError, TypeError, ValueError, RuntimeError):
            fits = False
        if not fits:
            raise StateDictError(
                f"매개변수 {i}의 상태가 LBFGS에 맞지 않습니다.",
                f"The state of parameter {i} does not fit LBFGS.",
            )
        return counts | rest


_HISTORY: Final = ("old_dirs", "old_stps", "ro")
# The number of dimensions of what is kept from one step to the next.
_SHAPES: Final = {
    **{"d": 1, "t": 0, "H_diag": 0, "prev_flat_grad": 1, "prev_loss": 0},
    **{"old_dirs": 1, "old_stps": 1, "ro": 0},
}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _wrapped(value: Any, dtype: Any) -> Any:
    """Arrays or numbers, one or a list of them, as tensors."""
    if isinstance(value, list):
        return [_wrapped(one, dtype) for one in value]
    return wrap(np.asarray(getattr(value, "_array", value)).astype(dtype))

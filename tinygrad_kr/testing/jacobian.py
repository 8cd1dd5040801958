"""미분을 두 가지로 구해 견준다: 역전파로, 수치로.

The derivatives of a call twice over, by walking the graph and by numerical slopes, and where the
two differ. What is asked at a kink is what can be asked there: that the analytic value lie between
the slopes of the two sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tinygrad_kr.autograd.backward import grad
from tinygrad_kr.autograd.base import to_ndarray, wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing.call import Call, tensors_in
from tinygrad_kr.testing.numerical import Slope, scale_of, slope

Function = Callable[..., Any]


@dataclass(frozen=True)
class Tolerance:
    """How near the two derivatives must be: atol + rtol · abs(numerical), beyond the error that the
    numerical one has by its own estimate; and the widest step of that."""

    atol: float
    rtol: float
    eps: float

    def allowed(self, value: Array) -> Array:
        return self.atol + self.rtol * np.abs(value)

    def judge(self, analytic: Array, found: Slope) -> tuple[Array, Array]:
        """Where ``analytic`` is wrong, and where the numerical slope is too unsure to say so."""
        with np.errstate(all="ignore"):
            off = np.abs(analytic - found.value)
            wrong = ~((off <= self.allowed(found.value) + found.error) | (analytic == found.value))
            low, high = np.fmin(found.left, found.right), np.fmax(found.left, found.right)
            slack = np.array([self.allowed(np.where(np.isfinite(v), v, 0.0)) for v in (low, high)])
            between = (analytic >= low - 10 * slack[0]) & (analytic <= high + 10 * slack[1])
            unsure = ~found.kink & (found.error > 10 * self.allowed(np.fmax(1, abs(found.value))))
            wrong &= ~np.isnan(found.value)  # nothing can be asked there
        return np.where(found.kink, ~between, wrong & ~unsure), unsure

    def proves(self, analytic: float, f: Callable[[float], float]) -> bool:
        """Whether ``analytic`` is the slope of ``f`` at 0 beyond doubt, and no kink is there."""
        found = slope(lambda t: np.array([f(t)]), self.eps)
        wrong, unsure = self.judge(np.array([analytic]), found)
        return not (wrong | unsure | found.kink).any()


@dataclass(frozen=True)
class Mismatch:
    """Where the two derivatives differ most, and all that they are for that input and output."""

    number: int | None  # of the input among the Tensors of the call; None: all moved together
    index: tuple[int, ...]
    output: int
    position: tuple[int, ...]
    analytic: float
    numerical: float
    error: float
    sides: tuple[float, float] | None  # at a kink
    unsure: bool
    all_analytic: Array  # (size of the output, size of the input)
    all_numerical: Array
    wrong: Array
    x: Array
    y: Array


class Comparison(NamedTuple):
    """The worst difference that was found, if there is one; whether there was a kink."""

    mismatch: Mismatch | None
    kinked: bool
    off: float = -math.inf


def floating_in(result: Any) -> list[Tensor]:
    """The floating Tensors of a result."""
    return [t for t in tensors_in(result) if t.dtype.kind == "f"]


class Problem:
    """One call of a function, to be differentiated by those of its Tensors that require grad."""

    def __init__(self, f: Function, call: Call) -> None:
        self.f = f
        self.call = call
        self.arrays = [t._array for t in call.wanted()]
        self.numbers = [i for i, t in enumerate(call.tensors()) if t.requires_grad]
        found = floating_in(call.at(self.arrays, leaves=True).of(f))
        live = [t.requires_grad for t in found]
        #: Whether no graph leads to any of the outputs: all of them are held to be constant then.
        self.cut = not any(live)
        self._chosen = [self.cut or flows for flows in live]
        self.outputs = [t._array for t in self._choose(found)]

    def _choose(self, found: list[Tensor]) -> list[Tensor]:
        return [t for t, chosen in zip(found, self._chosen, strict=True) if chosen]

    def run(
        self, arrays: Sequence[Array] | None = None, leaves: bool = True
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Fresh leaves (or constants) on ``arrays``, the call's own if None, and the outputs."""
        call = self.call.at(list(self.arrays if arrays is None else arrays), leaves)
        return call.wanted(), self._choose(floating_in(call.of(self.f)))

    def gradients(self, seeds: Sequence[Array | None], ran: Any = None) -> list[Array]:
        """What one walk from these gradients of the outputs gives for each input, None being a
        gradient that never comes; ``ran`` is a :meth:`run` whose graph can be walked again."""
        leaves, outputs = self.run() if ran is None else ran
        pairs = [
            (t, wrap(s.copy()))  # a backward may write into what it gets, but not into ours
            for t, s in zip(outputs, seeds, strict=True)
            if s is not None and t.requires_grad
        ]
        if not pairs:
            return [np.zeros(a.shape) for a in self.arrays]
        ends, starts = zip(*pairs, strict=True)
        found = grad(ends, leaves, starts, retain_graph=ran is not None, materialize_grads=True)
        return [g._array for g in found]

    def along(self, directions: Sequence[Array], leaves: bool = True) -> Callable[[float], Array]:
        """All outputs in a row, as a function of how far the inputs have moved; these are leaves
        for a function that may itself ask for gradients."""

        def moved(t: float) -> Array:
            at = shifted(self.arrays, directions, t)
            return row([y._array for y in self.run(at, leaves)[1]])

        return moved


def shifted(arrays: Sequence[Array], directions: Sequence[Array], t: float) -> list[Array]:
    """The arrays, moved by ``t`` along the directions."""
    return [to_ndarray(a + t * d) for a, d in zip(arrays, directions, strict=True)]


def row(arrays: Sequence[Array]) -> Array:
    """All elements of the arrays, one after the other."""
    return np.concatenate([np.zeros(0), *(np.ravel(a) for a in arrays)])


def project(problem: Problem, tolerance: Tolerance, rng: np.random.Generator) -> bool:
    """Whether the derivative of one random projection of the outputs, along one random direction of
    the inputs, is right: a wrong Jacobian passes by accident only. Not at kinks."""
    weights = [rng.standard_normal(y.shape) for y in problem.outputs]
    directions = [scale_of(a) * rng.uniform(0.5, 1, a.shape) * rng.choice([-1, 1], a.shape)
                  for a in problem.arrays]  # fmt: skip
    analytic = sum(
        float(np.vdot(g, d)) for g, d in zip(problem.gradients(weights), directions, strict=True)
    )
    weight, f = row(weights), problem.along(directions)
    return tolerance.proves(analytic, lambda t: float(np.dot(weight, f(t))))


def jacobians(problem: Problem) -> list[Array]:
    """The Jacobian by each input, from one walk an output: a row for each output element."""
    sizes = [y.size for y in problem.outputs]
    ran = problem.run()
    found = [np.zeros((sum(sizes), a.size)) for a in problem.arrays]
    for o, y in enumerate(problem.outputs):
        for j in range(y.size):
            seeds: list[Array | None] = [None] * len(sizes)
            seeds[o] = seed = np.zeros(y.shape)
            seed.reshape(-1)[j] = 1.0
            for jacobian, g in zip(found, problem.gradients(seeds, ran), strict=True):
                jacobian[sum(sizes[:o]) + j] = g.reshape(-1)
    return found


def compare(problem: Problem, tolerance: Tolerance) -> Comparison:
    """The whole Jacobians, element by element."""
    results = []
    for k, jacobian in enumerate(jacobians(problem)):
        found = _slopes(problem, k, tolerance.eps)
        results.append(_worst(problem, tolerance, jacobian, found, k))
    worst = max((r for r in results if r.mismatch), key=lambda r: r.off, default=None)
    kinked = any(r.kinked for r in results)
    return Comparison(None, kinked) if worst is None else worst


def together(problem: Problem, tolerance: Tolerance) -> Comparison:
    """The derivatives along the line on which all inputs grow alike. What tied elements are given
    for their shares may be right one by one and too much together."""
    # nan is 0 · inf here, of an output that does not depend on the element.
    analytic = sum(np.nansum(j, 1) for j in jacobians(problem))
    found = slope(problem.along([np.ones(a.shape) for a in problem.arrays]), tolerance.eps)
    column = Slope(*(part[:, None] for part in found))
    return _worst(problem, tolerance, np.reshape(analytic, (-1, 1)), column, None)


def _worst(
    problem: Problem, tolerance: Tolerance, analytic: Array, found: Slope, k: int | None
) -> Comparison:
    """The worst difference of what is asked of input ``k``, or of all of them together."""
    wrong, unsure = tolerance.judge(analytic, found)
    x = row(problem.arrays) if k is None else problem.arrays[k]
    worst = Comparison(None, bool(found.kink.any()))
    start = 0
    for o, y in enumerate(problem.outputs):
        rows = slice(start, start + y.size)
        start += y.size
        bad = (wrong | unsure)[rows]
        if not bad.any():
            continue
        with np.errstate(all="ignore"):
            off = np.where(bad, np.abs(analytic[rows] - found.value[rows]), -1.0)
        off = np.where(wrong[rows], 1 + np.nan_to_num(off, nan=math.inf), off)
        if off.max() <= worst.off:
            continue
        j, i = divmod(int(off.argmax()), off.shape[1])
        at = rows.start + j, i
        mismatch = Mismatch(
            number=None if k is None else problem.numbers[k],
            index=() if k is None else _unravelled(i, x.shape),
            output=o,
            position=_unravelled(j, y.shape),
            analytic=float(analytic[at]),
            numerical=float(found.value[at]),
            error=float(found.error[at]),
            sides=(float(found.left[at]), float(found.right[at])) if found.kink[at] else None,
            unsure=bool(unsure[at]),
            all_analytic=analytic[rows],
            all_numerical=found.value[rows],
            wrong=bad,
            x=x,
            y=y,
        )
        worst = Comparison(mismatch, worst.kinked, float(off.max()))
    return worst


def _unravelled(i: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(n) for n in np.unravel_index(i, shape))


def _slopes(problem: Problem, k: int, eps: float) -> Slope:
    """The numerical Jacobian by input ``k``: a row for each output, a column for each element."""
    a = problem.arrays[k]
    scales = scale_of(a)
    columns = []
    for i in np.ndindex(a.shape):
        directions = [np.zeros(other.shape) for other in problem.arrays]
        directions[k][i] = scales[i]
        found = slope(problem.along(directions), eps)
        value, error, left, right = (part / scales[i] for part in found[:4])
        columns.append(Slope(value, error, left, right, found.kink))
    if not columns:
        empty = np.zeros((sum(y.size for y in problem.outputs), 0))
        return Slope(empty, empty, empty, empty, empty.astype(np.bool_))
    return Slope(*(np.stack(part, axis=1) for part in zip(*columns, strict=True)))

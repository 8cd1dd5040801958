"""연산 하나의 기록을 시험 전체로 바꾸는 공장.

A factory that turns the record of one operation into a whole battery of tests: everything that is
owed by an operation, asked of every call that a strategy draws.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.backward import grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import GradcheckError, TinygradKrError
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing.call import Call, tensors_in, unchanged
from tinygrad_kr.testing.gradcheck import of_gradients
from tinygrad_kr.testing.jacobian import (
    Function,
    Problem,
    Tolerance,
    compare,
    row,
    shifted,
    together,
)
from tinygrad_kr.testing.numerical import STEP, scale_of
from tinygrad_kr.testing.report import fault_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True)
class OpRecord:
    """연산의 기록: 연산, 기준, 입력.

    What the battery must know of an operation.

    Args:
        name: its name.
        op: on Tensors: gives one, or a tuple or list of them, the same for the same arguments.
        reference: the same on ndarrays, written independently of ``op``. The Tensors of a call come
            as ndarrays, all else as it is.
        inputs: a strategy of its calls, such as :func:`~tinygrad_kr.testing.op_inputs`. Its Tensors
            that require grad are float64, and no kink is within 1/256 of them.
        composed: of a fused operation, the same composed of simple ones.
        view: whether a result may share memory with an input.
        analytic: whether ``reference`` takes complex arrays and is analytic: its derivative is then
            taken by a complex step as well, to the last digits.
        errors: calls that must be refused, each with the class of the error.
        rtol, atol: of derivatives, beyond the error of the numerical ones.
        single: how near float32 is to float64, relative to the largest magnitude and to 1.
    """

    name: str
    op: Function
    reference: Function
    inputs: SearchStrategy[Call]
    _: KW_ONLY
    composed: Function | None = None
    view: bool = False
    analytic: bool = False
    errors: tuple[tuple[type[Exception], Call], ...] = ()
    rtol: float = 1e-6
    atol: float = 1e-8
    single: float = 2e-5


def battery(record: OpRecord, **options: Any) -> Callable[[], None]:
    """기록 하나를 Hypothesis 시험 하나로 바꾼다.

    The Hypothesis test of one operation: value, dtype and shape against the reference; first and
    second derivative against numerical ones, on random projections; a recorded backward pass like a
    plain one; fused like composed; the same from every memory layout; float32 near float64; no
    input changed, no memory shared; what must be refused refused, with nothing changed.

    Args:
        record: the operation.
        options: of Hypothesis' ``settings``, such as ``max_examples``; there is no deadline.

    >>> import numpy as np
    >>> from tinygrad_kr.testing import OpRecord, battery, op_inputs
    >>> def softsign(x):
    ...     return x / (1 + x.abs())
    >>> def reference(x):
    ...     return x / (1 + np.abs(x))
    >>> test_softsign = battery(OpRecord("softsign", softsign, reference, op_inputs(avoid=(0.0,))))
    >>> test_softsign()
    """
    import tinygrad_kr.testing.strategies  # noqa: F401, I001  (says which extra is missing)
    from hypothesis import given, settings

    refuses = functools.cache(lambda: _check_refusals(record))

    def proof(call: Call) -> None:
        __tracebackhide__ = True  # pytest shows the message, not the way to it
        refuses()
        check(record, call)

    proof.__name__ = proof.__qualname__ = "test_" + re.sub(r"\W", "_", record.name)
    test: Callable[[], None] = given(record.inputs)(proof)
    return settings(**{"deadline": None, **options})(test)


def check(record: OpRecord, call: Call) -> None:
    """The battery for one call.

    Raises:
        GradcheckError: what is owed is not there.
    """
    __tracebackhide__ = True
    held = [(t._array, t._array.copy()) for t in call.tensors()]
    value = call.of(record.op)
    _check_unchanged(record, held)
    _check_value(record, call, value)
    proof = _Proof(record, call)
    proof.first_order()
    proof.second_order()
    if record.composed is not None:
        other = _Proof(record, call, record.composed)
        _near(record, "composed", proof.everything(), other.everything(), 1e-8)
    if not all(t._array.flags.c_contiguous for t in call.tensors()):
        straight = _Proof(record, call.map(_contiguous))
        _near(record, "memory layout", proof.everything(), straight.everything(), 1e-9)
    _check_single(record, call, proof)
    _check_unchanged(record, held)


class _Proof:
    """The derivatives of one call: of a random projection of the outputs along a random direction
    of the inputs, and of the gradient of that projection along another."""

    def __init__(self, record: OpRecord, call: Call, op: Function | None = None) -> None:
        self.record = record
        self.tolerance = Tolerance(record.atol, record.rtol, STEP)
        self.problem = problem = Problem(record.op if op is None else op, call)
        if problem.cut and any(y.size for y in problem.outputs):
            raise _fault(record, "기울기가 흐르지 않습니다", "no gradient flows")
        rng = np.random.default_rng(len(problem.arrays))
        self.weights = [rng.standard_normal(y.shape) for y in problem.outputs]
        self.toward = [rng.standard_normal(a.shape) for a in problem.arrays]
        self.directions = [
            scale_of(a) * rng.choice((-1.0, -0.7, 0.6, 1.0), a.shape)
            for a in [*problem.arrays, *self.weights]
        ]
        self.leaves, self.outputs = ran = problem.run()
        self.plain = problem.gradients(self.weights, ran)
        self.seeds = [wrap(w).requires_grad_() for w in self.weights]
        live = [(y, s) for y, s in zip(self.outputs, self.seeds, strict=True) if y.requires_grad]
        self.recorded = self._grad(live, self.leaves, create_graph=True)
        twice = [
            (g, wrap(t)) for g, t in zip(self.recorded, self.toward, strict=True) if g.requires_grad
        ]
        self.second = self._grad(twice, [*self.leaves, *self.seeds])

    @staticmethod
    def _grad(
        pairs: Sequence[tuple[Tensor, Tensor]], wanted: Sequence[Tensor], **options: Any
    ) -> Sequence[Tensor]:
        if not pairs:
            return [wrap(np.zeros(t.shape)) for t in wanted]
        ends, starts = zip(*pairs, strict=True)
        return grad(ends, wanted, starts, materialize_grads=True, **options)

    def everything(self) -> list[Array]:
        """Outputs, first and second derivatives."""
        return [
            *(y._array for y in self.outputs), *self.plain, *(g._array for g in self.second)
        ]  # fmt: skip

    def first_order(self) -> None:
        __tracebackhide__ = True
        record, problem = self.record, self.problem
        recorded = [g._array for g in self.recorded]
        _near(record, "create_graph", self.plain, recorded, 1e-9)
        self._owned()
        weight, count = row(self.weights), len(problem.arrays)
        f = problem.along(self.directions[:count], leaves=False)
        analytic = _dot(self.plain, self.directions[:count])
        if not self.tolerance.proves(analytic, lambda t: float(np.dot(weight, f(t)))):
            self._compare("gradcheck", problem)
        if record.analytic:
            self._complex_step(analytic)

    def second_order(self) -> None:
        __tracebackhide__ = True
        count = len(self.problem.arrays)

        def projected(t: float) -> float:
            moved = shifted([*self.problem.arrays, *self.weights], self.directions, t)
            ran = self.problem.run(moved[:count])
            return _dot(self.problem.gradients(moved[count:], ran), self.toward)

        analytic = _dot([g._array for g in self.second], self.directions)
        if not self.tolerance.proves(analytic, projected):
            above = of_gradients(self.problem.f, self.problem.call, self.seeds)
            self._compare("gradgradcheck", above)

    def _compare(self, name: str, problem: Problem) -> None:
        """Element by element, what failed as a whole: a kink may be there, and no fault."""
        __tracebackhide__ = True
        found, kinked, _ = compare(problem, self.tolerance)
        if found is None and kinked and problem is self.problem:
            found = together(problem, self.tolerance).mismatch
        if found is not None:
            inputs = len(self.problem.call.tensors())
            raise fault_of(found, inputs).error(f"{self.record.name}: {name}")

    def _owned(self) -> None:
        arrays = [*self.plain, *self.problem.arrays, *self.weights]
        for g, other in itertools.product(range(len(self.plain)), range(len(arrays))):
            if g != other and np.may_share_memory(arrays[g], arrays[other]):
                raise _fault(self.record, "기울기가 메모리를 나눠 씁니다", "a gradient is aliased")

    def _complex_step(self, analytic: float) -> None:
        step = 1e-30
        moved = iter(
            a + 1j * step * d for a, d in zip(self.problem.arrays, self.directions, strict=False)
        )
        at = self.problem.call.map(lambda t: next(moved) if t.requires_grad else t._array)
        exact = _dot(self.weights, [np.imag(y) / step for y in _flat(at.of(self.record.reference))])
        _near(self.record, "complex step", [np.array(exact)], [np.array(analytic)], 1e-9)


def _dot(a: Sequence[Array], b: Sequence[Array]) -> float:
    return float(sum(np.sum(x * y) for x, y in zip(a, b, strict=True)))


def _flat(result: Any) -> list[Array]:
    """The arrays of what a reference gives: one, or a tuple or list of them."""
    if isinstance(result, tuple | list):
        return [array for part in result for array in _flat(part)]
    return [np.asarray(result)]


def _contiguous(t: Tensor) -> Tensor:
    return wrap(t._array.copy(order="C")).requires_grad_(t.requires_grad)


def _check_unchanged(record: OpRecord, held: Sequence[tuple[Array, Array]]) -> None:
    for array, before in held:
        if not unchanged(array, before):
            raise _fault(record, "입력을 바꾸었습니다", "an input was changed")


def _check_value(record: OpRecord, call: Call, value: Any) -> None:
    found = [t._array for t in tensors_in(value)]
    expected = _flat(call.map(lambda t: t._array).of(record.reference))
    for a, e in itertools.zip_longest(found, expected):
        if a is None or e is None or (a.shape, a.dtype) != (e.shape, e.dtype):
            kinds = [[f"{v.dtype}{v.shape}" for v in side] for side in (found, expected)]
            raise _fault(
                record, f"결과는 {kinds[0]}, 기준은 {kinds[1]}",
                f"the result is {kinds[0]}, the reference {kinds[1]}",
            )  # fmt: skip
    _near(record, "reference", found, expected, 1e-9)
    if not record.view:
        for a, t in itertools.product(found, call.tensors()):
            if np.may_share_memory(a, t._array):
                raise _fault(record, "결과가 입력과 메모리를 나눠 씁니다", "the result is a view")


def _check_single(record: OpRecord, call: Call, proof: _Proof) -> None:
    """float32 through and through, and near float64."""
    single = call.map(_to_single)
    problem = Problem(record.op, single)
    leaves, outputs = problem.run()
    live = [(y, wrap(w.astype(np.float32))) for y, w in zip(outputs, proof.weights, strict=True)
            if y.requires_grad]  # fmt: skip
    found = [*outputs, *_Proof._grad(live, leaves)]
    strays = {str(t.dtype) for t in found if t.dtype != np.float32 and live}
    if strays:
        raise _fault(record, f"float32에서 {strays}이(가) 나왔습니다", f"{strays} came of float32")
    _near(record, "float32", [*(y._array for y in proof.outputs), *proof.plain],
          [t._array for t in found], record.single)  # fmt: skip


def _to_single(t: Tensor) -> Tensor:
    if t.dtype != np.float64:
        return t
    return wrap(t._array.astype(np.float32)).requires_grad_(t.requires_grad)


def _near(
    record: OpRecord, what: str, found: Sequence[Array], expected: Sequence[Array], tolerance: float
) -> None:
    """Equal but for rounding: relative to the largest magnitude of each array, and to 1."""
    for i, (a, e) in enumerate(zip(found, expected, strict=True)):
        with np.errstate(all="ignore"):
            off = np.abs(np.where(a == e, 0.0, a - e))
            most = max(1.0, float(np.abs(e).max(initial=0.0, where=np.isfinite(e))))
            near = (off <= tolerance * most) | (np.isnan(a) & np.isnan(e))
        if not near.all():
            raise _fault(
                record,
                f"{what}: {i}번째가 다릅니다.\n{a}\n{e}",
                f"{what}: number {i} differs.\n{a}\n{e}",
            )


def _fault(record: OpRecord, korean: str, english: str) -> GradcheckError:
    return GradcheckError(f"{record.name}: {korean}.", f"{record.name}: {english}.")


def _check_refusals(record: OpRecord) -> None:
    for kind, call in record.errors:
        before = [t._array.copy() for t in call.tensors()]
        try:
            call.of(record.op)
        except kind as error:
            if not isinstance(error, TinygradKrError):
                raise _fault(
                    record, f"두 언어가 아닙니다: {error!r}", f"one language: {error!r}"
                ) from error
        else:
            raise _fault(record, f"거부하지 않았습니다: {call}", f"not refused: {call}")
        for t, old in zip(call.tensors(), before, strict=True):
            if not unchanged(t._array, old):
                np.copyto(t._array, old)
                raise _fault(
                    record, f"거부하면서 바꾸었습니다: {call}", f"refused but changed: {call}"
                )

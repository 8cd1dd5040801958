"""gradcheck와 gradgradcheck: 한 함수의 도함수를 증명한다.

``gradcheck`` and ``gradgradcheck``, with PyTorch's names: they prove the derivatives of a function
at one point, and ask of its backward pass what every backward pass owes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_kr.autograd.backward import backward, grad
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.autograd.mode import enable_grad
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, TinygradKrError
from tinygrad_kr.hyperparameters import number
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.testing.call import Call, tensors_in, unchanged
from tinygrad_kr.testing.jacobian import (
    Function,
    Problem,
    Tolerance,
    compare,
    floating_in,
    project,
    together,
)
from tinygrad_kr.testing.numerical import STEP, need_float64
from tinygrad_kr.testing.report import Fault, fault_of
from tinygrad_kr.testing.trace import Step, steps_of

_Proof = Callable[[Function, Call], None]


def gradcheck(
    func: Function,
    inputs: Any,
    *,
    eps: float = STEP,
    atol: float = 1e-7,
    rtol: float = 1e-5,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    fast_mode: bool = False,
) -> bool:
    """func의 기울기를 수치 기울기와 견주어 증명한다.

    Prove the gradients of ``func(*inputs)`` against numerical ones. Asked besides: the same results
    when it is run again, no input changed, no gradient written into that was handed to it, a zero
    gradient where none comes from above, and ``.grad`` arrays of their own.

    Where the function has a kink (ReLU at 0, a tie of a maximum) the analytic value must lie
    between the slopes of the two sides; a kink near by disturbs nothing.

    Args:
        func: gives a Tensor, or a tuple or list with some.
        inputs: a Tensor or a tuple; those that require grad are float64 and differentiated by, all
            else is handed on as it is.
        eps: the widest step, relative to max(1, abs(x)).
        atol, rtol: analytic and numerical values differ by at most atol + rtol · abs(numerical),
            beyond the error of the numerical one, which is estimated. (PyTorch's are 1e-5 and
            1e-3: its numerical derivative is a plain difference.)
        raise_exception: raise, or give False.
        nondet_tol: by how much a second run may differ.
        check_undefined_grad: with several outputs, whether those that get no gradient count as 0.
        fast_mode: one random projection in place of the whole Jacobian, which is still looked at
            if that fails, or meets a kink.

    Raises:
        GradcheckError: something is wrong: where, by what ratio, its likely cause, and the first
            operation in ``func`` whose own VJP is wrong.
        DTypeError: an input that requires grad is not float64.
        ArgumentError: no input requires grad, or ``func`` gives no floating Tensor.

    >>> import tinygrad_kr as tg
    >>> x = tg.tensor([0.5, -1.0], dtype=tg.float64, requires_grad=True)
    >>> tg.testing.gradcheck(lambda x: (x.exp() * x).sum(), x)
    True
    """
    call = _call(inputs)
    check = _Check(eps, atol, rtol, nondet_tol, check_undefined_grad, fast_mode)
    return _verdict("gradcheck", check.first, check.first, func, call, raise_exception)


def gradgradcheck(
    func: Function,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = STEP,
    atol: float = 1e-7,
    rtol: float = 1e-5,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    fast_mode: bool = False,
) -> bool:
    """func의 두 번째 도함수를 증명한다.

    Prove the second derivatives of ``func(*inputs)``: those of its gradients, by the inputs and by
    the gradients that they started from. Arguments and errors as for :func:`gradcheck`.

    Args:
        grad_outputs: a gradient for each output to start from; random ones if None.

    >>> import tinygrad_kr as tg
    >>> x = tg.tensor([0.5, -1.0], dtype=tg.float64, requires_grad=True)
    >>> tg.testing.gradgradcheck(lambda x: x.tanh(), x)
    True
    """
    call = _call(inputs)
    seeds = None if grad_outputs is None else list(tensors_in(grad_outputs))
    _need_double(seeds or [], "grad_outputs")
    check = _Check(eps, atol, rtol, nondet_tol, check_undefined_grad, fast_mode)

    def whole(func: Function, call: Call) -> None:
        check.second(func, call, seeds)

    def part(op: Function, call: Call) -> None:
        check.first(op, call)
        check.second(op, call)

    return _verdict("gradgradcheck", whole, part, func, call, raise_exception)


def of_gradients(func: Function, call: Call, seeds: Sequence[Tensor]) -> Problem:
    """The gradients of ``func`` as a function themselves: of its arguments, its keywords and the
    gradients that its outputs start from."""

    def derivative(args: Any, kwargs: Any, seeds: Sequence[Tensor]) -> tuple[Tensor, ...]:
        call = Call(args, kwargs)
        outputs = [t for t in floating_in(call.of(func)) if t.requires_grad]
        wanted = call.wanted()
        if not outputs:
            return tuple(wrap(np.zeros(t.shape)) for t in wanted)
        return grad(outputs, wanted, seeds, create_graph=True, materialize_grads=True)

    return Problem(derivative, Call((call.args, call.kwargs, tuple(seeds)), {}))


def _call(inputs: Any) -> Call:
    """The inputs as a call, some of which can be differentiated by."""
    call = Call(tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,), {})
    if not call.wanted():
        raise ArgumentError(
            "requires_grad=True인 입력이 하나도 없습니다. 미분할 입력에 requires_grad_()를 "
            "부르세요.",
            "gradcheck expects at least one input tensor to require gradient; call "
            "requires_grad_() on what to differentiate by.",
        )
    _need_double(call.tensors(), "inputs")
    return call


def _need_double(tensors: Sequence[Tensor], what: str) -> None:
    for i, t in enumerate(tensors):
        if t.requires_grad:
            need_float64(t._array, f"{what}[{i}]")


class _Check:
    """What is asked of a function, or of one operation in it.

    Both orders raise a Fault where it is not so.
    """

    def __init__(
        self, eps: float, atol: float, rtol: float, nondet_tol: float, undefined: bool, fast: bool
    ) -> None:
        self.tolerance = Tolerance(
            number("atol", atol, least=0),
            number("rtol", rtol, least=0),
            number("eps", eps, above=0),
        )
        self.within = number("nondet_tol", nondet_tol, least=0)
        self.undefined = undefined
        self.fast = fast

    def first(self, func: Function, call: Call) -> None:
        """The derivatives of ``func``."""
        kinked = self._prove(_consistent(func, call, self.within), len(call.tensors()))
        if not kinked:
            return
        # The kinks of a whole function may cancel each other; those of one operation do not.
        parts = [(step.op, step.call) for step in steps_of(func, call)]
        for op, inner in parts or [(func, call)]:
            found = together(Problem(op, inner), self.tolerance).mismatch
            if found is not None:
                raise fault_of(found, len(inner.tensors()))

    def second(self, func: Function, call: Call, seeds: Sequence[Tensor] | None = None) -> None:
        """Those of its gradients, which start from ``seeds``."""
        outputs = _consistent(func, call, self.within).outputs
        if seeds is None:
            rng = np.random.default_rng(0)
            seeds = [wrap(rng.standard_normal(y.shape)).requires_grad_() for y in outputs]
        self._prove(of_gradients(func, call, seeds), len(call.tensors()))

    def _prove(self, problem: Problem, inputs: int) -> bool:
        """Whether there was a kink."""
        # What every backward owes comes first: what breaks that muddles the numbers too.
        _owed(problem, self.within, self.undefined)
        if self.fast and project(problem, self.tolerance, np.random.default_rng(0)):
            return False
        found, kinked, _ = compare(problem, self.tolerance)
        if found is not None:
            raise fault_of(found, inputs)
        return kinked


def _verdict(
    name: str, whole: _Proof, part: _Proof, func: Function, call: Call, raise_exception: bool
) -> bool:
    with enable_grad():
        try:
            whole(func, call)
        except Fault as fault:
            if raise_exception:
                raise fault.blamed(name, _first_wrong(part, func, call)) from None
            return False
    return True


def _first_wrong(part: _Proof, func: Function, call: Call) -> tuple[Step, Fault] | None:
    """The first operation in ``func`` that is wrong by itself, and what is wrong with it."""
    for step in steps_of(func, call):
        try:
            part(step.op, step.call)
        except Fault as fault:
            return step, fault
        except TinygradKrError:
            continue  # it cannot be asked by itself, such as cholesky near no symmetric matrix
    return None


def _consistent(func: Function, call: Call, within: float) -> Problem:
    """The problem, of a function that gives the same twice and leaves its inputs as they are."""
    arrays = [t._array for t in call.tensors()]
    before = [a.copy() for a in arrays]
    problem = Problem(func, call)
    if not problem.outputs:
        raise ArgumentError(
            "함수가 소수형 텐서를 하나도 돌려주지 않습니다.",
            "the function gives no floating Tensor.",
        )
    again = [t._array for t in problem.run()[1]]
    changed = [
        i for i, (a, b) in enumerate(zip(arrays, before, strict=True)) if not unchanged(a, b)
    ]
    for i in changed:
        np.copyto(arrays[i], before[i])
    if changed:
        raise Fault((
            f"함수가 {changed[0]}번째 입력을 제자리에서 바꾸었습니다. clone()한 것을 바꾸세요.",
            f"the function changed its input {changed[0]} in place; change a clone() of it.",
        ))  # fmt: skip
    _same_again("값이", "value", problem.outputs, again, within)
    return problem


def _same_again(
    korean: str, english: str, first: Sequence[Array], again: Sequence[Array],
    within: float,
) -> None:  # fmt: skip
    for a, b in zip(first, again, strict=True):
        if not np.allclose(a, b, rtol=0, atol=within, equal_nan=True):
            with np.errstate(all="ignore"):
                most = float(np.abs(a - b).max())
            raise Fault((
                f"다시 계산한 {korean} 다릅니다(최대 {most:.3g}). 난수를 쓴다면 "
                "씨앗을 고정하세요.",
                f"a second run gives another {english} (nondeterministic, by up to "
                f"{most:.3g}); if it draws random numbers, fix the seed.",
            ))  # fmt: skip


def _owed(problem: Problem, within: float, undefined: bool) -> None:
    """What every backward pass owes, whatever it differentiates."""
    if problem.cut:
        return
    rng = np.random.default_rng(0)
    seeds = [rng.standard_normal(y.shape) for y in problem.outputs]
    plain = problem.gradients(seeds)
    _same_again("기울기가", "gradient", plain, problem.gradients(seeds), within)
    _zero_gives_zero(problem, plain)
    if undefined and len(seeds) > 1:
        _none_is_zero(problem, seeds)
    _aliases_nothing(problem, seeds, plain)


def _zero_gives_zero(problem: Problem, plain: Sequence[Array]) -> None:
    nothing = problem.gradients([np.zeros(y.shape) for y in problem.outputs])
    for which, g, p in zip(problem.numbers, nothing, plain, strict=True):
        if (g != 0)[np.isfinite(p)].any():
            raise Fault((
                f"위에서 온 기울기가 0인데 {which}번째 입력의 기울기는 0이 아닙니다. "
                "backward가 grad_output을 곱하는지 보세요.",
                f"the gradient from above is zero, that of input {which} is not: does "
                "the backward multiply by grad_output?",
            ))  # fmt: skip


def _none_is_zero(problem: Problem, seeds: Sequence[Array]) -> None:
    for only in range(len(seeds)):
        alone = problem.gradients([s if i == only else None for i, s in enumerate(seeds)])
        zeros = problem.gradients(
            [s if i == only else np.zeros(s.shape) for i, s in enumerate(seeds)]
        )
        for a, b in zip(alone, zeros, strict=True):
            if not np.allclose(a, b, rtol=1e-12, atol=1e-12, equal_nan=True):
                raise Fault((
                    f"출력 {only}에만 기울기가 올 때와 나머지에 0이 올 때가 다릅니다. "
                    "backward가 None을 0으로 다루는지 보세요.",
                    f"a gradient for output {only} alone is not one with zeros for the "
                    "others: does the backward take None for 0?",
                ))  # fmt: skip


def _aliases_nothing(problem: Problem, seeds: Sequence[Array], plain: Sequence[Array]) -> None:
    """A neighbour gets the same gradient from above, and must find it as it was."""
    leaves, found = problem.run()
    pairs = [(t, s) for t, s in zip(found, seeds, strict=True) if t.requires_grad]
    neighbours = [wrap(np.zeros(t.shape)).requires_grad_() for t, _ in pairs]
    given = [s.copy() for _, s in pairs]
    shared = [t + n for (t, _), n in zip(pairs, neighbours, strict=True)]
    # Into these alone: a function may hold parameters, whose .grad is the user's.
    backward(shared, [wrap(s) for s in given], inputs=[*leaves, *neighbours])
    for n, s, (_, before) in zip(neighbours, given, pairs, strict=True):
        if not (np.array_equal(n._grad._array, before) and np.array_equal(s, before)):  # type: ignore[union-attr]
            raise Fault((
                "backward가 자기에게 온 grad_output을 제자리에서 바꾸었습니다. 이웃도 "
                "그 배열을 봅니다. 새 텐서를 돌려주세요.",
                "the backward changed the grad_output that it was handed, which its "
                "neighbours see too; return a new tensor.",
            ))  # fmt: skip
    owned = [t._grad._array for t in leaves if t._grad is not None]
    held = [*owned, *problem.arrays, *given, *(t._array for t in found)]
    for i, j in itertools.product(range(len(owned)), range(len(held))):
        if i != j and np.shares_memory(held[i], held[j]):
            raise Fault((
                ".grad가 입력이나 다른 기울기와 메모리를 나눠 씁니다.",
                "a .grad shares memory with an input or another gradient.",
            ))  # fmt: skip
    sums = [
        np.zeros(p.shape) if t._grad is None else t._grad._array
        for t, p in zip(leaves, plain, strict=True)
    ]
    _same_again("기울기가", "gradient", plain, sums, 1e-12)

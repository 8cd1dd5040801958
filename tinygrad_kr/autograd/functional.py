"""함수의 야코비 행렬과 헤세 행렬, 그리고 그것과 벡터의 곱.

Jacobians and Hessians of functions, and their products with vectors, by the names of
``torch.autograd.functional``. A leaf file over :mod:`tinygrad_kr.func`, which does the work: here
``inputs`` is a tensor or a tuple of them, and so is what the function returns.

>>> import tinygrad_kr as tg
>>> tg.autograd.functional.jacobian(tg.exp, tg.zeros(2))
tensor([[1., 0.],
        [0., 1.]])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.autograd.mode import enable_grad, no_grad
from tinygrad_kr.errors import ArgumentError, GradientError
from tinygrad_kr.func.trace import Trace, filled, pull
from tinygrad_kr.hyperparameters import choice
from tinygrad_kr.ops.creation import ones_like
from tinygrad_kr.tensor import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = Tensor | tuple[Tensor, ...]


def _tuple(value: Any, name: str) -> tuple[Any, ...]:
    """One tensor or a tuple of them, as a tuple."""
    values = value if isinstance(value, tuple) else (value,)
    for v in values:
        if not isinstance(v, TensorBase):
            raise ArgumentError(
                f"{name}은(는) 텐서나 텐서의 튜플이어야 합니다: {type(v).__name__}.",
                f"The {name} must be a Tensor or a tuple of Tensors, not {type(v).__name__}.",
            )
    return values


class _Call(Trace):
    """A call of ``func``; differentiable afterwards only if ``create_graph`` says so."""

    def __init__(self, func: Callable[..., Any], inputs: Any, create_graph: bool) -> None:
        given = _tuple(inputs, "inputs")
        if create_graph:
            given = tuple(x if x.requires_grad else x.detach().requires_grad_() for x in given)
        self.single = not isinstance(inputs, tuple)
        self.within: Any = enable_grad if create_graph else no_grad
        super().__init__(func, given)
        self.alone = not isinstance(self.result, tuple)
        self.outs = list(_tuple(self.result, "outputs of the user-provided function"))

    def give(self, values: Sequence[Any], single: bool | None = None) -> Any:
        """What the user gets, a tensor or a tuple like the inputs."""
        with self.within():
            found = tuple(map(self.released, values))
        return found[0] if (self.single if single is None else single) else found

    def outputs(self) -> Any:
        return self.give(self.outs, self.alone)

    def vectors(self, v: Any, like: Sequence[Tensor], whose: str) -> list[Any]:
        """``v`` for these tensors; 1 for a single element."""
        if v is None:
            if len(like) != 1 or like[0].numel() != 1:
                raise GradientError(
                    f"v는 {whose} 쪽이 원소 하나인 텐서일 때만 뺄 수 있습니다.",
                    f"The vector v can only be None if the {whose} is a single Tensor with a "
                    "single element.",
                )
            return [ones_like(like[0])]
        found = list(_tuple(v, "v"))
        shapes = [t.shape for t in found], [t.shape for t in like]
        if shapes[0] != shapes[1]:
            raise GradientError(
                f"v의 형상 {shapes[0]}이(가) {whose}의 형상 {shapes[1]}과(와) 다릅니다.",
                f"v has invalid size: should be {shapes[1]} like the {whose} but got {shapes[0]}.",
            )
        return found

    def slopes(self) -> list[Any]:
        """The gradients of the one element that the function returns, to be differentiated again;
        None for unused inputs."""
        if not self.alone or self.outs[0].numel() != 1:
            raise GradientError(
                "함수는 원소가 하나인 텐서 하나를 돌려주어야 합니다.",
                "The function should return a single Tensor, and that contain a single element.",
            )
        return pull(self.outs, self.ins, [ones_like(self.outs[0])], True)


def _need(found: Sequence[Any], what: str, live: bool = True) -> None:
    """``strict``: refuse what is independent of an input, and (``live``) what has no graph."""
    for i, t in enumerate(found):
        if t is None or (live and not t.requires_grad):
            raise GradientError(
                f"{what} {i}: 입력에 의존하지 않습니다(strict=True).",
                f"{what} {i} of the user-provided function is independent of the input. This is "
                "not allowed in strict mode.",
            )


def vjp(
    func: Callable[..., Any], inputs: Tensors, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """값과, 벡터-야코비 곱.

    ``(outputs, product)`` of ``v`` with the Jacobian at ``inputs``.

    Args:
        v: as the outputs; None for a single element.
        create_graph: make what is returned differentiable.
        strict: refuse an input that the outputs do not depend on; else its product is 0.
    """
    call = _Call(func, inputs, create_graph)
    given = call.vectors(v, call.outs, "output")
    with call.within():
        found = call.pull(given)
    if strict:
        _need(call.outs, "output")
        _need(found, "gradient by input", create_graph)
    return call.outputs(), call.give(filled(found, call.ins))


def jvp(
    func: Callable[..., Any], inputs: Tensors, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """값과, 야코비-벡터 곱. 역방향 미분을 두 번 하여 얻는다.

    ``(outputs, product)`` of the Jacobian at ``inputs`` with ``v``, by the double VJP. See
    :func:`vjp`.
    """
    call = _Call(func, inputs, create_graph)
    given = call.vectors(v, call.ins, "input")
    if strict:
        _need(call.outs, "output")
        _need(call.turned[1], "gradient by input", False)
    with call.within():
        found = call.push(given)
    if strict:
        _need(found, "output", create_graph)
    return call.outputs(), call.give(filled(found, call.outs), call.alone)


def jacobian(
    func: Callable[..., Any], inputs: Tensors, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """야코비 행렬.

    The Jacobian: of shape ``(*output.shape, *input.shape)`` for a tensor of each; a tuple for
    several inputs, and a tuple of what belongs to an output for several of these.

    Args:
        create_graph: make it differentiable.
        strict: refuse an output that does not depend on an input; else the Jacobian is 0.
        vectorize: changes nothing; as in PyTorch, it does not go together with ``strict``.
        strategy: ``"reverse-mode"``, a walk a row, or ``"forward-mode"``, a walk a column.
    """
    choice("strategy", strategy, ("reverse-mode", "forward-mode"))
    if strict and vectorize:
        raise GradientError(
            "strict=True와 vectorize=True는 함께 쓸 수 없습니다.",
            "strict=True and vectorize=True are not supported together.",
        )
    call = _Call(func, inputs, create_graph)
    if strict:
        _need(call.outs, "output")
        for o in call.outs:
            found = pull([o], call.ins, [ones_like(o)], create_graph)
            _need(found, "gradient by input", create_graph)
    with call.within():
        rows = tuple(call.give(row) for row in call.jacobian(strategy == "forward-mode"))
    return rows[0] if call.alone else rows


def hessian(
    func: Callable[..., Any], inputs: Tensors, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, outer_jacobian_strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """헤세 행렬.

    The Hessian of a function that returns one element: the Jacobian of its gradient, a tuple of
    tuples for several inputs. See :func:`jacobian`.
    """

    def slopes(*xs: Tensor) -> tuple[Tensor, ...]:
        call = _Call(func, xs, True)
        return tuple(call.give(filled(call.slopes(), call.ins)))

    given = _tuple(inputs, "inputs")
    rows = jacobian(slopes, given, create_graph, strict, vectorize, outer_jacobian_strategy)
    return rows if isinstance(inputs, tuple) else rows[0][0]


def vhp(
    func: Callable[..., Any], inputs: Tensors, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """값과, 벡터-헤세 곱.

    ``(output, product)`` of ``v``, as the inputs, with the Hessian. See :func:`vjp`.
    """
    call = _Call(func, inputs, create_graph)
    given = call.vectors(v, call.ins, "input")
    slopes = call.slopes()
    with call.within():
        again = call.deep(*given)
    found = pull(slopes, call.ins, given, again)
    if strict:
        _need(slopes, "gradient by input")
        _need(found, "gradient by input", create_graph)
    return call.outputs(), call.give(filled(found, call.ins))


def hvp(
    func: Callable[..., Any], inputs: Tensors, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """값과, 헤세-벡터 곱.

    ``(output, product)`` of the Hessian with ``v``: the Hessian is symmetric, and so this is
    :func:`vhp`.
    """
    return vhp(func, inputs, v, create_graph, strict)

"""미분하는 변환: grad, vjp, jvp, 야코비 행렬, 헤세 행렬.

Transforms that differentiate.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from tinygrad_kr.errors import ArgumentError, GradientError, ShapeError
from tinygrad_kr.func.trace import Trace, filled
from tinygrad_kr.func.tree import leaves_of, rebuilt, structure, tree_map
from tinygrad_kr.ops.creation import ones_like
from tinygrad_kr.tensor import Tensor

Function = Callable[..., Any]
Argnums = int | tuple[int, ...]


def _numbers(argnums: Any, count: int) -> list[int]:
    """The arguments to differentiate by, of ``count``."""
    several = isinstance(argnums, tuple)
    numbers = argnums if several else (argnums,)
    fits = all(isinstance(n, int) and -count <= n < count for n in numbers)
    if not numbers or not fits or len({n % count for n in numbers}) < len(numbers):
        raise ArgumentError(
            f"argnums는 인자 {count}개 가운데의 번호이거나 서로 다른 번호의 튜플입니다: "
            f"{argnums!r}.",
            f"Got argnums={argnums!r}, but expected an int or a non-empty tuple of unique ones, "
            f"of {count} positional inputs.",
        )
    return [n % count for n in numbers]


def _like_args(args: Any, argnums: Argnums, leaves: list[Any]) -> Any:
    """Leaves in the structure of the arguments that they belong to."""
    numbers = _numbers(argnums, len(args))
    tree = rebuilt([args[n] for n in numbers], leaves)
    return tuple(tree) if isinstance(argnums, tuple) else tree[0]


def grad_and_value(func: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """기울기와 값을 함께 돌려주는 함수.

    A function that gives the gradient of ``func`` and what it returned: ``(gradient, value)``, or
    ``(gradient, (value, aux))``. See :func:`grad`.
    """

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        trace = Trace(func, args, kwargs, _numbers(argnums, len(args)), has_aux)
        value = trace.result
        if not isinstance(value, Tensor) or value.ndim:
            raise GradientError(
                "grad는 스칼라 텐서를 돌려주는 함수를 미분합니다. 아니면 vjp나 jacrev를 쓰세요.",
                "Expected f(*args) to return a scalar Tensor; maybe you wanted vjp or jacrev.",
            )
        found = filled(trace.pull([ones_like(value)]), trace.ins)
        gradient = _like_args(args, argnums, trace.released(found))
        value = trace.released(value)
        return gradient, (value, trace.released(trace.aux)) if has_aux else value

    return wrapper


def grad(func: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """기울기를 계산하는 함수.

    A function that gives the gradient of ``func``, which returns a scalar tensor.

    Args:
        argnums: by which argument, or (a tuple) by which; each a tensor or a tree of them.
        has_aux: ``func`` returns ``(value, aux)``, and the new function ``(gradient, aux)``.

    >>> import tinygrad_kr as tg
    >>> grad(grad(tg.sin))(tg.tensor(0.5))
    tensor(-0.4794)
    """

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        gradient, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapper


def _need_structure(what: str, found: Any, wanted: Any) -> None:
    if structure(found) != structure(wanted):
        raise ArgumentError(
            f"{what}의 구조 {structure(found)}이(가) {structure(wanted)}과(와) 다릅니다.",
            f"Expected {what} of the structure {structure(wanted)}, not {structure(found)}.",
        )


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """값과, 벡터-야코비 곱을 계산하는 함수.

    ``(output, vjp_fn)``, with ``has_aux`` ``(output, vjp_fn, aux)``: ``vjp_fn(cotangents)``, of the
    output's structure, gives a tuple of the products with the Jacobian by each of ``primals``.

    >>> import tinygrad_kr as tg
    >>> y, pull = vjp(tg.exp, tg.tensor([0.0, 1.0]))
    >>> pull(tg.ones(2))
    (tensor([1.0000, 2.7183]),)
    """
    trace = Trace(func, primals, has_aux=has_aux)
    trace.need_floating()

    def vjp_fn(cotangents: Any) -> tuple[Any, ...]:
        _need_structure("cotangents", cotangents, trace.result)
        given = leaves_of(tree_map(lambda _, c: c, trace.result, cotangents))
        found = filled(trace.pull(given), trace.ins)
        return tuple(rebuilt(primals, trace.released(found)))

    output = trace.released(trace.result)
    return (output, vjp_fn, trace.released(trace.aux)) if has_aux else (output, vjp_fn)


def _pushed(trace: Trace, primals: Any, tangents: Any, strict: bool = False) -> Any:
    """The tangent of the output; ``tangents`` are checked against ``primals``."""
    _need_structure("tangents", tangents, primals)
    given = leaves_of(tree_map(lambda _, t: t, primals, tangents))
    for t, x in zip(given, trace.ins, strict=True):
        if t.shape != x.shape:
            raise ShapeError(
                f"접선의 형상 {t.shape}이(가) 값의 형상 {x.shape}과(와) 다릅니다.",
                f"A tangent has shape {t.shape}, its primal {x.shape}.",
            )
    found = trace.push(given)
    if strict and None in found:
        raise GradientError(
            "출력이 입력에 의존하지 않습니다(strict=True).",
            "The output of f is independent of the inputs; not allowed with strict=True.",
        )
    return rebuilt(trace.result, trace.released(filled(found, trace.outs)))


def jvp(
    func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple[Any, ...]:
    """값과, 야코비-벡터 곱. 역방향 미분을 두 번 하여 얻는다.

    ``(output, tangent)``, with ``has_aux`` ``(output, tangent, aux)``: the output of ``func`` and
    its derivative along ``tangents``, by the double VJP.

    Args:
        primals: a tuple of the arguments.
        tangents: the direction, of the same structure.
        strict: refuse an output that does not depend on the primals.
    """
    if not isinstance(primals, tuple) or not leaves_of(primals):
        raise ArgumentError(
            "jvp의 primals는 텐서가 있는 튜플이어야 합니다.",
            "jvp(f, primals, tangents): Expected primals to be a tuple with a tensor in it.",
        )
    trace = Trace(func, primals, has_aux=has_aux)
    pushed = _pushed(trace, primals, tangents, strict)
    output = trace.released(trace.result)
    return (output, pushed, trace.released(trace.aux)) if has_aux else (output, pushed)


def linearize(func: Function, *primals: Any) -> tuple[Any, Function]:
    """값과, 그 점에서의 선형 근사를 계산하는 함수.

    ``(output, jvp_fn)``: ``jvp_fn(*tangents)`` is :func:`jvp` at this point without another call of
    ``func``.
    """
    trace = Trace(func, primals)
    return trace.released(trace.result), lambda *tangents: _pushed(trace, primals, tangents)


def _jacobian(func: Function, argnums: Argnums, has_aux: bool, forward: bool) -> Function:
    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        trace = Trace(func, args, kwargs, _numbers(argnums, len(args)), has_aux)
        if not forward:
            trace.need_floating()
        found = [_like_args(args, argnums, trace.released(r)) for r in trace.jacobian(forward)]
        tree = rebuilt(trace.result, found)
        return (tree, trace.released(trace.aux)) if has_aux else tree

    return wrapper


def jacrev(
    func: Function, argnums: Argnums = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Function:
    """야코비 행렬을 행마다 계산하는 함수.

    A function that gives the Jacobian of ``func``, a reverse pass a row: for each tensor of the
    output, in its structure, the derivatives by each tensor of the argument, in its structure, with
    the dimensions of both. ``chunk_size`` changes nothing.

    >>> import tinygrad_kr as tg
    >>> jacrev(tg.square)(tg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    need_chunk("jacrev", chunk_size)
    return _jacobian(func, argnums, has_aux, False)


def jacfwd(
    func: Function, argnums: Argnums = 0, has_aux: bool = False, *, chunk_size: int | None = None,
    randomness: str = "error",
) -> Function:  # fmt: skip
    """야코비 행렬을 열마다 계산하는 함수.

    As :func:`jacrev`, a forward derivative (by the double VJP) a column: quicker where there are
    fewer inputs than outputs. ``func`` is called once, so ``randomness`` changes nothing.
    """
    need_chunk("jacfwd", chunk_size)
    return _jacobian(func, argnums, has_aux, True)


def need_chunk(name: str, chunk_size: int | None) -> None:
    """Refuse a chunk size of nothing."""
    if chunk_size is not None and chunk_size <= 0:
        raise ArgumentError(
            f"{name}의 chunk_size는 None이나 양의 정수입니다: {chunk_size}.",
            f"{name}: `chunk_size` should be None or greater than 0, not {chunk_size}.",
        )


def hessian(func: Function, argnums: Argnums = 0) -> Function:
    """헤세 행렬을 계산하는 함수.

    A function that gives the Hessian of ``func``: ``jacfwd(jacrev(func))``.

    >>> import tinygrad_kr as tg
    >>> hessian(lambda x: x[0] * x[1] ** 2)(tg.tensor([1.0, 2.0]))
    tensor([[0., 4.],
            [4., 2.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)

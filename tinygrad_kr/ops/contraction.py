"""einsum과 tensordot: 레이블로 쓰는 텐서 곱.

``einsum`` and ``tensordot``: products of tensors written with labels. They are compositions of
diagonals, sums, permutations and one matrix product a pair of operands, so they need no VJP.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING, Any

from tinygrad_kr.autograd.base import as_array
from tinygrad_kr.dtypes import result_dtype
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.ops.arithmetic import mul
from tinygrad_kr.ops.conversion import alike, cast
from tinygrad_kr.ops.dims import array_of, normal_dims
from tinygrad_kr.ops.linalg import diagonal, matmul
from tinygrad_kr.ops.reduction import sum
from tinygrad_kr.ops.shape import permute, reshape

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

# A letter of the equation, or a negative number: a dimension of the ellipsis counted from its end.
Label = str | int
Labels = tuple[Label, ...]


def einsum(equation: Any, *operands: Any) -> Tensor:
    """아인슈타인 표기의 합: einsum("ij,jk->ik", a, b).

    The sum of products that ``equation`` says: a letter names a dimension; operands are multiplied
    where they share one, and what the output does not name is summed. Without ``->`` the output is
    the ellipsis, then the letters that appear once, in alphabetical order. A letter repeated in one
    operand takes its diagonal; ``...`` stands for any dimensions, which broadcast. In place of the
    equation, each operand may be followed by a list of the numbers of its letters, and the last of
    them by that of the output.

    Raises:
        ArgumentError: the equation is none, or of another number of operands.
        ShapeError: it does not fit the operands' dimensions, or a letter has two sizes.

    >>> import tinygrad_kr as tg
    >>> a = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.einsum("ij,ij->i", a, a)
    tensor([ 5., 25.])
    """
    if not isinstance(equation, str):
        equation, operands = _written((equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    shapes = [array_of(x).shape for x in operands]
    terms, output = _parse(equation, shapes)
    return _contract(equation, terms, output, operands)


def _written(parts: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The equation that lists of numbers beside the operands say, and the operands."""

    def text(numbers: Any) -> str:
        # What is none of these is no letter, and refused as such.
        names = dict(enumerate(ascii_uppercase + ascii_lowercase)) | {Ellipsis: "..."}
        return "".join(names.get(n, "?") for n in numbers)

    pairs = len(parts) // 2
    arrow = f"->{text(parts[-1])}" if len(parts) % 2 else ""
    return ",".join(map(text, parts[1 : 2 * pairs : 2])) + arrow, parts[: 2 * pairs : 2]


def tensordot(a: Any, b: Any, dims: Any = 2) -> Tensor:
    """몇 차원에 걸친 곱의 합.

    The product of ``a`` and ``b`` summed over dimensions of both: ``dims`` of them, the last of
    ``a`` with the first of ``b``, or two lists, which of ``a`` with which of ``b``.

    Raises:
        ArgumentError: ``dims`` is neither, or the lists differ in length.
        ShapeError: the paired sizes differ.
    """
    dims = as_array(dims)
    dims = dims.tolist() if hasattr(dims, "tolist") else dims
    ndim_a, ndim_b = array_of(a).ndim, array_of(b).ndim
    if isinstance(dims, int) and 0 <= dims <= min(ndim_a, ndim_b):
        dims = range(ndim_a - dims, ndim_a), range(dims)
    left, right = _pairs(dims, ndim_a, ndim_b)
    # The labels of a are 0, 1 ...; those of b go on from there, but for the paired ones.
    of_a: Labels = tuple(range(ndim_a))
    of_b: Labels = tuple(left[right.index(i)] if i in right else ndim_a + i for i in range(ndim_b))
    output = tuple(n for n in (*of_a, *of_b) if n not in left)
    product = _contract(f"tensordot(dims={dims})", [of_a, of_b], output, (a, b))
    return cast(product, result_dtype(array_of(a), array_of(b)))  # einsum sums integers in int64


def _pairs(dims: Any, *ndims: int) -> list[list[int]]:
    """The dimensions to sum over, of each operand, from two lists of them."""
    try:
        lists = [[n] if isinstance(n, int) else list(n) for n in dims]
    except TypeError:
        lists = []
    if len(lists) != 2 or len(lists[0]) != len(lists[1]):
        raise ArgumentError(
            f"tensordot의 dims는 차원의 수이거나 길이가 같은 두 목록입니다: {dims!r}.",
            f"dims of tensordot is a number of dimensions or two lists of one length: {dims!r}.",
        )
    return [list(normal_dims(d, n)) if d else [] for d, n in zip(lists, ndims, strict=True)]


def _parse(equation: str, shapes: Sequence[tuple[int, ...]]) -> tuple[list[Labels], Labels]:
    """The labels of each operand and of the output."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    texts = left.split(",")
    if len(texts) != len(shapes):
        raise ArgumentError(
            f"einsum {equation!r}의 피연산자는 {len(texts)}개입니다: {len(shapes)}개가 왔습니다.",
            f"einsum {equation!r} is of {len(texts)} operands, but {len(shapes)} were given.",
        )
    terms = []
    for text, shape in zip(texts, shapes, strict=True):
        named = len(text.replace("...", "", 1))
        labels = _labels(equation, text, len(shape) - named)
        if len(labels) != len(shape):
            raise ShapeError(
                f"einsum {equation!r}의 {text!r}은(는) 형상 {shape}의 차원 수와 맞지 않습니다.",
                f"einsum {equation!r}: the subscripts {text!r} do not match the number of "
                f"dimensions of shape {shape}.",
            )
        terms.append(labels)
    dots = tuple(range(min((n for t in terms for n in t if isinstance(n, int)), default=0), 0))
    if arrow:
        output = _labels(equation, right, len(dots))
    else:
        letters = Counter(n for t in terms for n in t if isinstance(n, str))
        output = (*dots, *sorted(n for n, count in letters.items() if count == 1))
    known = {n for t in terms for n in t}
    if len({*output}) != len(output) or not known.issuperset(output):
        raise ArgumentError(
            f"einsum {equation!r}: 출력의 레이블은 한 번씩만, 입력에 있는 것만 쓸 수 있습니다.",
            f"einsum {equation!r}: an output subscript must appear in an input, and only once.",
        )
    return terms, output


def _labels(equation: str, text: str, dots: int) -> Labels:
    """The labels of one term, whose ellipsis, if it has one, stands for ``dots`` dimensions."""
    before, ellipsis, after = text.partition("...")
    letters = before + after
    if letters and not (letters.isascii() and letters.isalpha()):
        raise ArgumentError(
            f"einsum {equation!r}: 레이블은 영문자여야 합니다: {text!r}.",
            f"einsum {equation!r}: subscripts are letters of the alphabet, not {text!r}.",
        )
    return (*before, *(range(-dots, 0) if ellipsis else ()), *after)


def _contract(
    equation: str, terms: Sequence[Labels], output: Labels, operands: Sequence[Any]
) -> Tensor:
    """Multiply the operands from left to right, summing a label as soon as nobody needs it."""
    parts = [_distinct(equation, *p) for p in zip(alike(*operands), terms, strict=True)]
    sizes = _sizes(equation, parts)
    parts = [_drop_broadcast(x, labels, sizes) for x, labels in parts]
    (x, labels), *others = parts
    for i, (z, more) in enumerate(others, start=1):
        needed = {*output}.union(*(later for _, later in parts[i + 1 :]))
        x, labels = _pair(x, labels, z, more, needed)
    x, labels = _sum_out(x, labels, output)
    if others and labels == output:
        return x
    return permute(x, [labels.index(n) for n in output])


def _distinct(equation: str, x: Any, labels: Labels) -> tuple[Tensor, Labels]:
    """The diagonal wherever a label repeats."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            i = labels.index(label)
            j = labels.index(label, i + 1)
            if x.shape[i] != x.shape[j]:
                raise _two_sizes(equation, label, x.shape[i], x.shape[j])
            x = diagonal(x, 0, i, j)
            labels = (*(n for k, n in enumerate(labels) if k not in (i, j)), label)
    return x, labels


def _two_sizes(equation: str, label: Label, first: int, second: int) -> ShapeError:
    return ShapeError(
        f"einsum {equation!r}: 레이블 {label!r}의 크기가 둘입니다: {first}, {second}.",
        f"einsum {equation!r}: subscript {label!r} has two sizes, {first} and {second}.",
    )


def _sizes(equation: str, parts: Sequence[tuple[Tensor, Labels]]) -> dict[Label, int]:
    sizes: dict[Label, int] = {}
    for x, labels in parts:
        for label, n in zip(labels, x.shape, strict=True):
            held = sizes.get(label, 1)
            if n != held and 1 not in (n, held):
                raise _two_sizes(equation, label, held, n)
            sizes[label] = n if held == 1 else held
    return sizes


def _drop_broadcast(x: Tensor, labels: Labels, sizes: dict[Label, int]) -> tuple[Tensor, Labels]:
    """An operand without the dimensions of size 1 that would broadcast."""
    keep = [n == sizes[label] for label, n in zip(labels, x.shape, strict=True)]
    if all(keep):
        return x, labels
    shape = tuple(n for n, kept in zip(x.shape, keep, strict=True) if kept)
    return reshape(x, shape), tuple(n for n, kept in zip(labels, keep, strict=True) if kept)


def _sum_out(x: Tensor, labels: Labels, needed: Collection[Label]) -> tuple[Tensor, Labels]:
    """Sum over every label that is not needed."""
    gone = [i for i, n in enumerate(labels) if n not in needed]
    if not gone:
        return x, labels
    return sum(x, gone), tuple(n for n in labels if n in needed)


def _pair(
    x: Tensor, of_x: Labels, z: Tensor, of_z: Labels, needed: Collection[Label]
) -> tuple[Tensor, Labels]:
    """The product of two operands as one matrix product, batched, and the labels it has."""
    x, of_x = _sum_out(x, of_x, {*needed, *of_z})
    z, of_z = _sum_out(z, of_z, {*needed, *of_x})
    shared = tuple(n for n in of_x if n in of_z and n in needed)
    summed = tuple(n for n in of_x if n in of_z and n not in needed)
    rows = tuple(n for n in of_x if n not in of_z)
    columns = tuple(n for n in of_z if n not in of_x)
    labels = (*shared, *rows, *columns)
    size = dict(zip((*of_x, *of_z), (*x.shape, *z.shape), strict=True))
    if not summed:
        return mul(_align(x, of_x, labels), _align(z, of_z, labels)), labels
    batch, *sides = (math.prod(size[n] for n in group) for group in (shared, rows, summed, columns))
    stack = (batch,) if shared else ()
    x = _shaped(_ordered(x, of_x, (*shared, *rows, *summed)), (*stack, *sides[:2]))
    z = _shaped(_ordered(z, of_z, (*shared, *summed, *columns)), (*stack, *sides[1:]))
    return _shaped(matmul(x, z), tuple(size[n] for n in labels)), labels


def _ordered(x: Tensor, labels: Labels, order: Labels) -> Tensor:
    return x if labels == order else permute(x, [labels.index(n) for n in order])


def _shaped(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    return x if x.shape == shape else reshape(x, shape)


def _align(x: Tensor, labels: Labels, target: Labels) -> Tensor:
    """``x`` with its dimensions in the order of ``target``, of size 1 where it has none."""
    x = _ordered(x, labels, tuple(n for n in target if n in labels))
    sizes = iter(x.shape)
    return reshape(x, tuple(next(sizes) if n in labels else 1 for n in target))

"""텐서를 글로: PyTorch의 print와 같은 꼴.

A tensor as text, in the form of PyTorch's print.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinygrad_kr.dtypes import Array, get_default_dtype
from tinygrad_kr.errors import ArgumentError


@dataclass(frozen=True)
class _Options:
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": _Options(),
    "short": _Options(precision=2, edgeitems=2),
    "full": _Options(threshold=math.inf),
}
_options = _Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """텐서를 어떻게 찍을지 정한다.

    Set how tensors are printed; what is not given stays, except ``sci_mode``.

    Args:
        precision: digits after the point (4).
        threshold: more elements than this are summarised (1000).
        edgeitems: how many of them are shown at each end of a dimension (3).
        linewidth: characters in a line (80).
        profile: "default", "short" or "full", to start from.
        sci_mode: scientific notation; None lets the values decide.
    """
    global _options
    if profile is not None and profile not in _PROFILES:
        raise ArgumentError(
            f"profile은 {[*_PROFILES]} 가운데 하나입니다: {profile!r}.",
            f"profile is one of {[*_PROFILES]}, not {profile!r}.",
        )
    start = _options if profile is None else _PROFILES[profile]
    given: dict[str, Any] = {
        "precision": precision, "threshold": threshold, "edgeitems": edgeitems,
        "linewidth": linewidth,
    }  # fmt: skip
    chosen = {name: v for name, v in given.items() if v is not None}
    _options = replace(start, sci_mode=sci_mode, **chosen)


def tensor_text(array: Array, notes: Sequence[str] = ()) -> str:
    """``tensor(...)`` of an array, its dtype where it does not show, and ``notes``."""
    indent = len("tensor(")
    default = get_default_dtype()
    notes = [*notes]
    if array.size == 0:
        text = "[]"
        if array.dtype != default:
            notes.insert(0, f"dtype=torch.{array.dtype}")
        if array.ndim != 1:
            notes.insert(0, f"size={array.shape}")
    else:
        cut = array.size > _options.threshold
        write, width = _writer(_edges(array) if cut else array)
        text = _nested(array, indent, cut, write, width)
        if array.dtype not in (default, np.int64, np.bool_):
            notes.insert(0, f"dtype=torch.{array.dtype}")
    text = "tensor(" + text
    column = len(text) - text.rfind("\n") + 1
    for note in notes:
        if column + len(note) + 2 > _options.linewidth:
            text += ",\n" + " " * indent + note
            column = indent + len(note)
        else:
            text += ", " + note
            column += len(note) + 2
    return text + ")"


def _edges(array: Array) -> Array:
    """The part of an array that is shown of it when it is large."""
    edge = _options.edgeitems
    for axis, n in enumerate(array.shape):
        if n > 2 * edge:
            array = np.take(array, [*range(edge), *range(n - edge, n)], axis)
    return array


def _writer(array: Array) -> tuple[Callable[[Any], str], int]:
    """A function that writes one value in a form that suits them all, and its width."""
    if array.dtype.kind != "f":
        width = max(len(str(v)) for v in array.ravel().tolist())
        return lambda v: str(v).rjust(width), width
    values = array.astype(np.float64).ravel()
    values = values[np.isfinite(values) & (values != 0)]
    whole = bool((values == np.ceil(values)).all())
    scientific = _options.sci_mode
    if scientific is None:
        magnitudes = np.abs(values)
        low, high = magnitudes.min(initial=math.inf), magnitudes.max(initial=0)
        scientific = high > 1000 * low or high > 1e8 or (not whole and low < 1e-4)
    form = f".{_options.precision}e" if scientific else f".{0 if whole else _options.precision}f"
    point = "." if whole and not scientific else ""
    width = max((len(format(v, form)) + len(point) for v in values.tolist()), default=1)

    def write(v: float) -> str:
        return (format(v, form) + (point if math.isfinite(v) else "")).rjust(width)

    return write, width


def _nested(array: Array, indent: int, cut: bool, write: Callable[[Any], str], width: int) -> str:
    """The elements in nested brackets, the lines indented below the first."""
    if array.ndim == 0:
        return write(array.item())
    edge = _options.edgeitems
    parts: list[Any] = list(array) if array.ndim > 1 else array.tolist()
    shorten = cut and len(parts) > 2 * edge
    if shorten:
        parts = [*parts[:edge], *parts[len(parts) - edge :]]
    if array.ndim > 1:
        texts = [_nested(part, indent + 1, cut, write, width) for part in parts]
        if shorten:
            texts.insert(edge, "...")
        between = "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
        return f"[{between.join(texts)}]"
    texts = [write(part) for part in parts]
    if shorten:
        texts.insert(edge, " ...")
    per_line = max(1, (_options.linewidth - indent) // (width + 2))
    lines = [", ".join(texts[i : i + per_line]) for i in range(0, len(texts), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"

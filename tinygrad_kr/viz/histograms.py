"""계층마다의 히스토그램: 활성화값과 기울기.

Histograms, one a layer: activations and gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_kr.autograd.backward import grad
from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.autograd.mode import no_grad
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.hyperparameters import integer, wrong_kind
from tinygrad_kr.nn.layers import Sigmoid, Tanh
from tinygrad_kr.nn.module import Module
from tinygrad_kr.random import get_rng_state, set_rng_state
from tinygrad_kr.viz.inputs import finite, limits
from tinygrad_kr.viz.style import COLOURS, need_matplotlib, say, sheet, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

Range = tuple[float, float]
Kinds = type[Module] | tuple[type[Module], ...]

COLUMNS, LONGEST = 5, 26
# Where the slope of a squashing function is all but gone: sigmoid below .05 or above .95.
SATURATED = ((Sigmoid, 0.05, 0.95), (Tanh, -0.9, 0.9))


def activation_histograms(
    model: Module,
    x: Any,
    *,
    bins: int = 30,
    range: Range | None = None,
    kinds: Kinds = Module,
    fig: Figure | SubFigure | None = None,
) -> Figure | SubFigure:
    """모델에 x를 넣었을 때 계층마다 나오는 값의 히스토그램.

    What each layer of ``model`` gives for ``x``, in the order of the calls: a layer that is called
    twice appears twice. Above each panel stand its standard deviation and the shares of values that
    are 0 and that are saturated (sigmoid outside .05 to .95, tanh outside ±.9). The model runs in
    the mode it is in; its buffers, gradients and the random numbers stay as they were.

    Args:
        model: any module; its layers are the modules in it that have no others inside.
        x: what to call it with.
        range: (low, high) of every panel; without it, that of all values.
        kinds: only layers of this class, or of these: ``nn.ReLU``, ``(nn.Sigmoid, nn.Tanh)``.
        fig: a figure or subfigure to draw in.

    Raises:
        ArgumentError: no such layer is called, or no value is finite.

    Source: section 6.2.2.

    >>> from tinygrad_kr import nn, ops
    >>> net = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    >>> fig = activation_histograms(net, ops.ones(4, 3))
    >>> [axes.get_title().splitlines()[0] for axes in fig.axes]
    ['0 Linear', '1 ReLU']
    """
    need_matplotlib()
    found: list[tuple[str, Module, Array]] = []

    def watch(name: str) -> Callable[[Module, Any, Any], None]:
        def hook(module: Module, args: Any, result: Any) -> None:
            results = result if isinstance(result, tuple | list) else (result,)
            arrays = [r._array.ravel() for r in results if isinstance(r, TensorBase)]
            if arrays:  # copied: a later layer may write over it
                found.append((name, module, np.concatenate(arrays, dtype=np.float64)))

        return hook

    layers = _layers(model, kinds)
    with _unchanged(model), no_grad(), ExitStack() as hooks:
        for name, layer in layers:
            hooks.callback(layer.register_forward_hook(watch(name)).remove)
        model(x)
    return _panels(found, bins, range, fig, say("활성화값", "activation"))


def gradient_histograms(
    model: Module,
    loss: Any,
    *,
    bins: int = 30,
    range: Range | None = None,
    kinds: Kinds = Module,
    fig: Figure | SubFigure | None = None,
) -> Figure | SubFigure:
    """계층마다 매개변수의 기울기의 히스토그램.

    The gradients of ``loss`` by the parameters of each layer. No ``.grad`` is changed, and
    ``loss.backward()`` can be called before (with ``retain_graph=True``) or after.

    Args:
        model: any module.
        loss: a scalar computed from its parameters.
        range, kinds, fig: as for :func:`activation_histograms`.

    Raises:
        ArgumentError: no parameter of such a layer collects gradients, or no value is finite.
        GradientError: ``loss`` is no scalar, hangs on no graph or on one that is freed.

    >>> from tinygrad_kr import nn, ops
    >>> net = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    >>> fig = gradient_histograms(net, net(ops.ones(4, 3)).sum())
    >>> [axes.get_title().splitlines()[0] for axes in fig.axes]
    ['0 Linear', '2 Linear']
    """
    need_matplotlib()
    owners = [
        (name, layer, params)
        for name, layer in _layers(model, kinds, leaves=False)
        if (params := [p for p in layer.parameters(recurse=False) if p.requires_grad])
    ]
    if not owners:
        raise _nothing()
    if not isinstance(loss, TensorBase):
        raise wrong_kind("loss", loss, "텐서", "a tensor")
    wanted = list(dict.fromkeys(p for _, _, params in owners for p in params))
    grads = grad(loss, wanted, retain_graph=True, materialize_grads=True)  # type: ignore[arg-type]
    by = dict(zip(wanted, grads, strict=True))
    found = [
        (name, layer, np.concatenate([by[p]._array.ravel() for p in params], dtype=np.float64))
        for name, layer, params in owners
    ]
    return _panels(found, bins, range, fig, say("기울기", "gradient"))


def _layers(model: Any, kinds: Any, leaves: bool = True) -> list[tuple[str, Module]]:
    """The layers of these kinds by name; those that have others inside only without ``leaves``."""
    if not isinstance(model, Module):
        raise wrong_kind("model", model, "Module", "a Module")
    try:
        return [
            (f"{name} {type(module).__name__}".strip(), module)
            for name, module in model.named_modules()
            if isinstance(module, kinds) and not (leaves and any(True for _ in module.children()))
        ]
    except TypeError:
        raise wrong_kind("kinds", kinds, "Module의 클래스", "a class of modules") from None


@contextmanager
def _unchanged(model: Module) -> Iterator[None]:
    """Leave the buffers and the default generator as they were, versions included."""
    state = get_rng_state()
    books = [(module._buffers, dict(module._buffers)) for module in model.modules()]
    buffers = [(b, b._array.copy(), b._version[0]) for b in model.buffers()]
    try:
        yield
    finally:
        set_rng_state(state)
        for book, before in books:
            book.update(before)
        for buffer, array, version in buffers:
            np.copyto(buffer._array, array)
            buffer._version[0] = version


def _panels(
    found: Sequence[tuple[str, Module, Array]],
    bins: int,
    range: Range | None,
    fig: Figure | SubFigure | None,
    what: str,
) -> Figure | SubFigure:
    """A panel for each layer, all over the same range."""
    bins = integer("bins", bins, least=1)
    if not found:
        raise _nothing()
    found = [(name, layer, finite(values)) for name, layer, values in found]
    everything = np.concatenate([values[~np.isnan(values)] for _, _, values in found])
    if not everything.size:
        raise ArgumentError(
            "유한한 값이 없습니다. 입력이 비었거나 모두 nan이나 inf입니다.",
            "There is no finite value: the input is empty, or all is nan or inf.",
        )
    if range is None:
        low, high = float(everything.min()), float(everything.max())
        span = (low, high) if low < high else (low - 0.5, high + 0.5)
    else:
        span = limits("range", range)
    columns = min(len(found), COLUMNS)
    rows = -(-len(found) // columns)
    with style():
        drawn = sheet(fig, max(2.0 * columns, 3.2), 2.3 * rows)
        cells = list(drawn.subplots(rows, columns, squeeze=False).flat)
        for axes, (name, layer, values) in zip(cells, found, strict=False):
            _panel(axes, values, bins, span)
            title = name if len(name) <= LONGEST else f"…{name[1 - LONGEST :]}"
            axes.set_title("\n".join([title, *_facts(layer, values, span)]), fontsize=8)
        for axes in cells[len(found) :]:
            axes.remove()
        drawn.supxlabel(what, fontsize=9)
        drawn.supylabel(say("비율(%)", "share (%)"), fontsize=9)
    return drawn


def _panel(axes: Axes, values: Array, bins: int, span: Range) -> None:
    counts, edges = np.histogram(values[~np.isnan(values)], bins, span)
    axes.stairs(100 * counts / max(values.size, 1), edges, fill=True, color=COLOURS[0])
    axes.set_xlim(span)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=7)


def _facts(layer: Module, values: Array, span: Range) -> Iterator[str]:
    """What to know of the values, a line each."""
    if not values.size:
        yield say("값 없음", "no values")
        return
    if not np.isnan(values).all():
        yield f"{say('표준편차', 'std')} {np.nanstd(values):.2g}"
    shares = [
        (say("포화", "saturated"), (values < low) | (values > high))
        for kind, low, high in SATURATED
        if isinstance(layer, kind)
    ]
    shares += [
        (say("0인 값", "zero"), values == 0),
        (say("범위 밖", "out of range"), (values < span[0]) | (values > span[1])),
        ("nan, inf", np.isnan(values)),
    ]
    for name, mask in shares:
        if mask.mean() >= 0.001:
            yield f"{name} {100 * mask.mean():.3g} %"


def _nothing() -> ArgumentError:
    return ArgumentError(
        "그릴 계층이 없습니다. kinds와 모델을 확인하세요.",
        "There is no such layer to draw; look at kinds and at the model.",
    )

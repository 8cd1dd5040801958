"""순환 계층: RNN, LSTM, GRU.

Recurrent layers, all one loop over layers and directions around
:func:`~tinygrad_kr.ops.more.recurrent.recurrence`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import ArgumentError, DTypeError, HyperparameterError, ShapeError
from tinygrad_kr.hyperparameters import choice, flag, integer, number
from tinygrad_kr.nn import functional as F
from tinygrad_kr.nn import init
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.nn.utils.rnn import PackedSequence
from tinygrad_kr.ops.creation import empty
from tinygrad_kr.ops.indexing import getitem
from tinygrad_kr.ops.joining import cat, stack
from tinygrad_kr.ops.more.recurrent import GRU as GRU_CELL
from tinygrad_kr.ops.more.recurrent import LSTM as LSTM_CELL
from tinygrad_kr.ops.more.recurrent import RELU, TANH, recurrence
from tinygrad_kr.ops.shape import reshape, squeeze, transpose, unsqueeze

__all__ = ["GRU", "LSTM", "RNN", "RNNBase"]

CELLS = {"RNN_TANH": TANH, "RNN_RELU": RELU, "LSTM": LSTM_CELL, "GRU": GRU_CELL}


class Recurrent(Module):
    """What layers and cells share: sizes, initial values, states, and the checks of them."""

    input_size: int
    hidden_size: int
    mode: str

    def reset_parameters(self) -> None:
        """초깃값을 U(−1/√hidden, 1/√hidden)에서 다시 뽑는다. Draw the initial values anew."""
        bound = 1 / math.sqrt(max(self.hidden_size, 1))
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _check(self, x: Any, own: Any) -> None:
        if x.shape[-1] != self.input_size:
            raise ShapeError(
                f"입력의 폭은 input_size {self.input_size}이어야 합니다: {x.shape[-1]}.",
                "input.size(-1) must be equal to input_size. Expected "
                f"{self.input_size}, got {x.shape[-1]}.",
            )
        if x.dtype != own.dtype:
            raise DTypeError(
                f"입력의 자료형은 {x.dtype}, 매개변수는 {own.dtype}입니다. to({own.dtype})로 "
                "바꾸세요.",
                f"input dtype ({x.dtype}) does not match weight dtype ({own.dtype}); convert "
                f"with to({own.dtype}).",
            )

    def _states(self, hx: Any, shapes: Sequence[tuple[int, ...]], x: Any) -> list[Any]:
        """h and, of an LSTM, c: zeros if not given."""
        if hx is None:
            return [wrap(np.zeros(shape, x.dtype)) for shape in shapes]
        states = list(hx) if isinstance(hx, tuple | list) else [hx]
        if len(states) != len(shapes):
            raise ArgumentError(
                f"hx에는 텐서 {len(shapes)}개가 와야 합니다: {len(states)}개.",
                f"hx must be {len(shapes)} tensors, not {len(states)}.",
            )
        for state, shape in zip(states, shapes, strict=True):
            if state.shape != shape:
                raise ShapeError(
                    f"처음 상태의 형상은 {shape}이어야 합니다: {state.shape}.",
                    f"Expected hidden size {shape}, got {state.shape}.",
                )
            if state.dtype != x.dtype:
                raise DTypeError(
                    f"처음 상태의 자료형은 {state.dtype}, 입력은 {x.dtype}입니다.",
                    f"hidden state dtype ({state.dtype}) does not match input dtype ({x.dtype}).",
                )
        return states


class RNNBase(Recurrent):
    """RNN, LSTM, GRU의 바탕: 층과 방향을 차례로.

    The base of recurrent layers: ``mode`` is "RNN_TANH", "RNN_RELU", "LSTM" or "GRU".

    Shape:
        input (length, batch, input_size), with ``batch_first`` (batch, length, input_size); one
        sequence (length, input_size); or a :class:`~tinygrad_kr.nn.utils.rnn.PackedSequence`. The
        output alike, its width ``hidden_size``, or ``proj_size``, times the directions. States
        (num_layers · directions, batch, width), of one sequence without the batch.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = choice("mode", mode, tuple(CELLS))
        self.input_size = integer("input_size", input_size, least=1)
        self.hidden_size = integer("hidden_size", hidden_size, least=1)
        self.num_layers = integer("num_layers", num_layers, least=1)
        self.bias = flag("bias", bias)
        self.batch_first = flag("batch_first", batch_first)
        self.dropout = number("dropout", dropout, least=0, most=1)
        self.bidirectional = bool(bidirectional)
        self.proj_size = integer("proj_size", proj_size, least=0)
        if proj_size >= hidden_size:
            raise HyperparameterError(
                f"proj_size={proj_size}은 hidden_size={hidden_size}보다 작아야 합니다.",
                f"proj_size={proj_size} has to be smaller than hidden_size={hidden_size}.",
            )
        if dropout and num_layers == 1:
            warnings.warn(
                f"dropout={dropout}은 층 사이에만 있으니 num_layers=1에서는 아무 일도 하지 "
                "않습니다.\n"
                f"dropout={dropout} is between layers: with num_layers=1 it does nothing.",
                stacklevel=3,
            )
        new = partial(empty, dtype=dtype, device=device)
        gates, width = CELLS[mode].gates * hidden_size, proj_size or hidden_size
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            before = width * self._directions if layer else input_size
            shapes = {"weight_ih": (gates, before), "weight_hh": (gates, width)}
            if bias:
                shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}  # type: ignore[dict-item]
            if proj_size:
                shapes["weight_hr"] = (proj_size, hidden_size)
            for suffix in ("", "_reverse")[: self._directions]:
                names = {f"{name}_l{layer}{suffix}": shape for name, shape in shapes.items()}
                for name, shape in names.items():
                    self.register_parameter(name, Parameter(new(shape)))
                self._all_weights.append(list(names))
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """층과 방향마다 그 매개변수들. The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """아무 일도 하지 않는다. Does nothing: it is for a GPU."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        try:
            if isinstance(input, PackedSequence):
                return self._of_packed(input, hx)
            return self._of_padded(input, hx)
        except (ShapeError, DTypeError) as error:
            raise self._blame(error) from None

    def _of_packed(self, input: PackedSequence, hx: Any) -> Any:
        sizes = input.batch_sizes.tolist()
        states = self._initial(hx, input.data, sizes[0])
        if hx is not None:
            states = [_ordered(s, input.sorted_indices) for s in states]
        y, states = self._run(input.data, states, sizes)
        states = [_ordered(s, input.unsorted_indices) for s in states]
        return PackedSequence(y, *input[1:]), self._outwards(states)

    def _of_padded(self, input: Any, hx: Any) -> Any:
        if input.ndim not in (2, 3):
            raise ShapeError(
                f"입력은 2차원이나 3차원이어야 합니다: {input.shape}.",
                f"Expected input to be 2D or 3D, got shape {input.shape}.",
            )
        swapped, alone = self.batch_first and input.ndim == 3, input.ndim == 2
        x = unsqueeze(input, 1) if alone else transpose(input, 0, 1) if swapped else input
        steps, batch = x.shape[:2]
        if not steps:
            raise ShapeError(
                f"열의 길이가 0입니다: {input.shape}.",
                f"Expected sequence length to be larger than 0, got shape {input.shape}.",
            )
        states = self._initial(hx, x, None if alone else batch)
        rows = reshape(x, (steps * batch, x.shape[2]))
        y, states = self._run(rows, states, (batch,) * steps)
        y = reshape(y, (steps, batch, y.shape[1]))
        if alone:
            return squeeze(y, 1), self._outwards([squeeze(s, 1) for s in states])
        return transpose(y, 0, 1) if swapped else y, self._outwards(states)

    def _initial(self, hx: Any, x: Any, batch: int | None) -> list[Any]:
        """The initial states, checked, (layers · directions, batch, width); None: no batch."""
        self._check(x, getattr(self, self._all_weights[0][0]))
        each = (self.num_layers * self._directions, *(() if batch is None else (batch,)))
        widths = [self.proj_size or self.hidden_size, self.hidden_size]
        shapes = [(*each, width) for width in widths[: 1 + CELLS[self.mode].memory]]
        states = self._states(hx, shapes, x)
        return [unsqueeze(s, 1) for s in states] if batch is None else states

    def _run(self, x: Any, states: list[Any], sizes: Sequence[int]) -> tuple[Any, list[Any]]:
        """All layers in all directions on packed rows: the output, and the last states."""
        cell, bias, ends = CELLS[self.mode], self.bias, []
        nothing = wrap(np.empty((states[0].shape[1], 0), x.dtype))
        for layer in range(self.num_layers):
            if layer:
                x = F.dropout(x, self.dropout, self.training)
            outs = []
            for reverse in range(self._directions):
                k = layer * self._directions + reverse
                own = [getattr(self, name) for name in self._all_weights[k]]
                if not bias:
                    own[2:2] = [None, None]
                if not self.proj_size:
                    own.append(None)
                h, c = (*(s[k] for s in states), nothing)[:2]
                y, *end = recurrence(cell, x, h, c, own, sizes, bool(reverse))
                outs.append(y)
                ends.append(end)
            x = cat(outs, 1) if len(outs) > 1 else outs[0]
        return x, [stack(s) for s, _ in zip(zip(*ends, strict=True), states, strict=False)]

    def _outwards(self, states: list[Any]) -> Any:
        return tuple(states) if CELLS[self.mode].memory else states[0]

    def extra_repr(self) -> str:
        usual = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False,
                 "dropout": 0.0, "bidirectional": False}  # fmt: skip
        shown = [f"{n}={getattr(self, n)}" for n, v in usual.items() if getattr(self, n) != v]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *shown])


def _ordered(state: Any, order: Any) -> Any:
    return state if order is None else getitem(state, index=(slice(None), order._array))


class RNN(RNNBase):
    """단순 순환 신경망(Elman).

    h' = tanh(W x + b + U h + b') step by step, or max(·, 0) with ``nonlinearity="relu"``.

    Args:
        dropout: of the outputs of every layer but the last.
        bidirectional: a second recurrence from the end, whose outputs are set beside.

    Shape:
        see :class:`RNNBase`.

    >>> from tinygrad_kr import nn, ops
    >>> output, h = nn.RNN(3, 5, num_layers=2, batch_first=True)(ops.zeros(8, 10, 3))
    >>> output.shape, h.shape
    (torch.Size([8, 10, 5]), torch.Size([2, 8, 5]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        mode = f"RNN_{choice('nonlinearity', nonlinearity, ('tanh', 'relu')).upper()}"
        super().__init__(
            mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            device=device, dtype=dtype,
        )  # fmt: skip
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """LSTM: 게이트가 있는 기억을 가진 순환 신경망.

    i, f, o are sigmoids and g a tanh of W x + b + U h + b', in the order i, f, g, o of the weights'
    rows; c' = f c + i g, h' = o tanh(c'). ``proj_size`` makes of h' the product with ``weight_hr``.
    States are pairs (h, c).

    Shape:
        see :class:`RNNBase`.

    Source:
        Hochreiter and Schmidhuber 1997; 「밑바닥부터 시작하는 딥러닝 2」 6장

    >>> from tinygrad_kr import nn, ops
    >>> output, (h, c) = nn.LSTM(3, 5, bidirectional=True)(ops.zeros(10, 8, 3))
    >>> output.shape, h.shape, c.shape
    (torch.Size([10, 8, 10]), torch.Size([2, 8, 5]), torch.Size([2, 8, 5]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)


class GRU(RNNBase):
    """GRU: LSTM보다 게이트가 적은 순환 신경망.

    r, z are sigmoids of W x + b + U h + b', n = tanh(W x + b + r (U h + b')), in the order r, z, n
    of the weights' rows; h' = (1 − z) n + z h.

    Shape:
        see :class:`RNNBase`.

    Source:
        Cho et al. 2014
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise HyperparameterError(
                "proj_size는 LSTM에만 있습니다.", "proj_size is only supported for LSTM."
            )
        super().__init__("GRU", *args, **kwargs)

"""순환 계층의 셀: 한 걸음.

The cells of recurrent layers: a single step of
:func:`~tinygrad_kr.ops.more.recurrent.recurrence`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import DTypeError, ShapeError
from tinygrad_kr.hyperparameters import integer
from tinygrad_kr.nn.more.recurrent import CELLS, Recurrent
from tinygrad_kr.nn.parameter import Parameter
from tinygrad_kr.ops.creation import empty
from tinygrad_kr.ops.more.recurrent import recurrence
from tinygrad_kr.ops.shape import reshape, squeeze

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "RNNCellBase"]


class RNNCellBase(Recurrent):
    """셀의 바탕: 한 걸음.

    The base of cells: one step of a recurrent layer.

    Shape:
        input (batch, input_size) or (input_size,); the states, given and returned, (batch,
        hidden_size) or (hidden_size,).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        num_chunks: int = 1,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size = integer("input_size", input_size, least=0)
        self.hidden_size = integer("hidden_size", hidden_size, least=0)
        self.bias = bool(bias)
        rows = num_chunks * hidden_size
        new = partial(empty, dtype=dtype, device=device)
        self.weight_ih = Parameter(new(rows, input_size))
        self.weight_hh = Parameter(new(rows, hidden_size))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(new(rows)) if bias else None)
        self.reset_parameters()

    def forward(self, input: Any, hx: Any = None) -> Any:
        try:
            return self._step(input, hx)
        except (ShapeError, DTypeError) as error:
            raise self._blame(error) from None

    def _step(self, input: Any, hx: Any) -> Any:
        if input.ndim not in (1, 2):
            raise ShapeError(
                f"입력은 1차원이나 2차원이어야 합니다: {input.shape}.",
                f"Expected input to be 1D or 2D, got shape {input.shape}.",
            )
        self._check(input, self.weight_ih)
        cell = CELLS[self.mode]
        lead = input.shape[:-1]
        states = self._states(hx, [(*lead, self.hidden_size)] * (1 + cell.memory), input)
        x, *states = (reshape(t, (-1, t.shape[-1])) if not lead else t for t in (input, *states))
        batch = x.shape[0]
        if not cell.memory:
            states.append(wrap(np.empty((batch, 0), x.dtype)))
        weights = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh, None
        h, c = states
        _, *ends = recurrence(cell, x, h, c, weights, (batch,))
        if not lead:
            ends = [squeeze(end, 0) for end in ends]
        return tuple(ends) if cell.memory else ends[0]

    def extra_repr(self) -> str:
        shown = [] if self.bias else ["bias=False"]
        if self.mode == "RNN_RELU":
            shown.append("nonlinearity=relu")
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *shown])


class RNNCell(RNNCellBase):
    """단순 순환 신경망의 한 걸음.

    One step of an :class:`RNN`: h' = cell(x, h).

    >>> from tinygrad_kr import nn, ops
    >>> nn.RNNCell(3, 5)(ops.zeros(8, 3)).shape
    torch.Size([8, 5])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    @property
    def mode(self) -> str:  # type: ignore[override]
        return f"RNN_{self.nonlinearity.upper()}"


class LSTMCell(RNNCellBase):
    """LSTM의 한 걸음.

    One step of an :class:`LSTM`: h', c' = cell(x, (h, c)).
    """

    mode = "LSTM"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)


class GRUCell(RNNCellBase):
    """GRU의 한 걸음.

    One step of a :class:`GRU`: h' = cell(x, h).
    """

    mode = "GRU"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

"""모듈 하나를 한눈에: 계층마다의 출력의 형상과 매개변수의 수.

A module at a glance: of each layer the shape of its output and the number of its parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygrad_kr.autograd.mode import no_grad
from tinygrad_kr.nn.module import Module
from tinygrad_kr.ops.creation import zeros
from tinygrad_kr.tensor import Tensor

__all__ = ["summary"]


def summary(model: Module, input_size: Any, batch_size: int = -1, dtype: Any = None) -> str:
    """모델의 표를 찍고, 글로 돌려준다.

    Print a table of the layers in the order in which they are called, and return it. The model
    sees two samples of zeros in evaluation mode, which changes nothing in it.

    Args:
        input_size: the shape of an input without the batch, or a list of them, one an input.
        batch_size: what to write in its place; -1 for any.
        dtype: of the inputs, ``int64`` for an embedding.

    Raises:
        TinygradKrError: what the model raises for such an input.

    >>> from tinygrad_kr import nn
    >>> text = summary(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), (4,))
    Linear-1    [-1, 3]  15
    ReLU-2      [-1, 3]   0
    매개변수(parameters): 15
    학습하는 것(trainable): 15
    """
    sizes = input_size if isinstance(input_size[0], Sequence) else [input_size]
    rows: list[tuple[str, str, str]] = []

    def note(module: Module, inputs: Any, output: Any) -> None:
        first = output if isinstance(output, Tensor) else next(iter(output))
        shape = [batch_size, *first.shape[1:]]
        count = sum(p.numel() for p in module.parameters(recurse=False))
        rows.append((f"{type(module).__name__}-{len(rows) + 1}", str(shape), f"{count:,}"))

    def shown(module: Module) -> bool:
        return not [*module.children()] or bool([*module.parameters(recurse=False)])

    handles = [m.register_forward_hook(note) for m in model.modules() if shown(m)]
    modes = {m: m.training for m in model.modules()}
    try:
        with no_grad():
            model.eval()(*(zeros(2, *size, dtype=dtype) for size in sizes))
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes.items():
            module.training = training
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    lines = [f"{a:<{widths[0] + 2}}  {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
    counts = [(p.numel(), p.requires_grad) for p in model.parameters()]
    lines.append(f"매개변수(parameters): {sum(n for n, _ in counts):,}")
    lines.append(f"학습하는 것(trainable): {sum(n for n, wanted in counts if wanted):,}")
    text = "\n".join(lines)
    print(text)
    return text

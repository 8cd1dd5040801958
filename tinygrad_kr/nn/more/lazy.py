"""들어오는 크기를 첫 호출에서 아는 계층.

Layers that learn the size of what comes in at their first call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_kr.nn import convolution, layers
from tinygrad_kr.nn.module import Module
from tinygrad_kr.nn.more import normalization

__all__ = [
    "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d", "LazyConv1d", "LazyConv2d",
    "LazyConv3d", "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d",
    "LazyInstanceNorm1d", "LazyInstanceNorm2d", "LazyInstanceNorm3d", "LazyLinear",
]  # fmt: skip


class _Lazy(Module):
    """Without parameters, until the first call makes of it the layer that it stands for."""

    cls_to_become: type[Module]
    _make: Callable[..., Module]
    _channels: int  # the dimension of an input whose size it waits for

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self._given = args, kwargs

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        rest, options = self._given
        made = self._make(args[0].shape[self._channels], *rest, **options)
        own = vars(self)
        kept = {n: v for n, v in own.items() if n.endswith("_hooks") or n in ("_name", "training")}
        self.__class__ = self.cls_to_become  # type: ignore[assignment]
        own.clear()
        own.update(vars(made), **kept)
        return self(*args, **kwargs)


def _lazy(kind: type[Module], channels: int, make: Callable[..., Module] | None = None) -> Any:
    doc = (
        f"첫 호출에서 들어오는 크기를 아는 {kind.__name__}.\n\n    :class:`{kind.__name__}` whose "
        "first argument the first call tells; there are no\n    parameters before."
    )
    room = {"cls_to_become": kind, "_make": staticmethod(make or kind), "_channels": channels}
    return type(f"Lazy{kind.__name__}", (_Lazy,), {**room, "__doc__": doc, "__module__": __name__})


def _lazy_instance_norm(kind: Callable[..., Module], channels: int) -> Any:
    """With PyTorch's other defaults."""

    def make(
        size: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True,
        track_running_stats: bool = True, *args: Any, **kwargs: Any,
    ) -> Module:  # fmt: skip
        return kind(size, eps, momentum, affine, track_running_stats, *args, **kwargs)

    return _lazy(kind, channels, make)  # type: ignore[arg-type]


LazyLinear = _lazy(layers.Linear, -1)
LazyConv1d = _lazy(convolution.Conv1d, -2)
LazyConv2d = _lazy(convolution.Conv2d, -3)
LazyConv3d = _lazy(convolution.Conv3d, -4)
LazyConvTranspose1d = _lazy(convolution.ConvTranspose1d, -2)
LazyConvTranspose2d = _lazy(convolution.ConvTranspose2d, -3)
LazyConvTranspose3d = _lazy(convolution.ConvTranspose3d, -4)
LazyBatchNorm1d = _lazy(layers.BatchNorm1d, 1)
LazyBatchNorm2d = _lazy(normalization.BatchNorm2d, 1)
LazyBatchNorm3d = _lazy(normalization.BatchNorm3d, 1)
LazyInstanceNorm1d = _lazy_instance_norm(normalization.InstanceNorm1d, -2)
LazyInstanceNorm2d = _lazy_instance_norm(normalization.InstanceNorm2d, -3)
LazyInstanceNorm3d = _lazy_instance_norm(normalization.InstanceNorm3d, -4)

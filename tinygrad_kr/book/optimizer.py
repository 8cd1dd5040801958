"""책의 6.1: 사전(dict)의 배열이나 수를 제자리에서 갱신하는 옵티마이저.

The optimisers of section 6.1, which update a dict of arrays, or of plain numbers. The rules are
those of :mod:`tinygrad_kr.optim` in the book's convention.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from operator import is_
from typing import Any, ClassVar

import numpy as np

from tinygrad_kr import optim
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.autograd.quiet import quietly
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import DTypeError, InplaceError, MissingKeyError, ShapeError
from tinygrad_kr.hyperparameters import number, wrong_kind
from tinygrad_kr.optim.blocks import Plan
from tinygrad_kr.tensor import Tensor

__all__ = ["SGD", "AdaGrad", "Adam", "Momentum", "Nesterov", "RMSprop", "np"]

Dict = MutableMapping[Any, Any]


class _Optimizer:
    """What the six share: the rule of an optimiser of the package, on the arrays of a dict."""

    _class: ClassVar[type[optim.Optimizer]]
    _fixed: ClassVar[dict[str, Any]] = {}
    lr: float

    def __init__(self) -> None:
        # It checks the hyperparameters, and says what they mean to its rule; it refuses to have no
        # parameters, and is given an empty one.
        nobody = [wrap(np.empty(0))]
        self._optimizer = self._class(nobody, **self._settings(), **self._fixed)
        self._values: list[Any] = []
        self._count: dict[str, Any] = {}
        self._states: dict[Any, dict[str, Tensor]] = {}
        self._numbers: dict[Any, Array] = {}
        self._arrays: list[Array] = []
        self._plan = Plan([], [], [])

    def _settings(self) -> dict[str, Any]:
        """The hyperparameters, by the names that the package has for them."""
        return {"lr": self.lr}

    def _state(self, name: str) -> dict[Any, Array] | None:
        """A part of the state by key; None before the first update, as in the book."""
        return {key: state[name]._array for key, state in self._states.items()} or None

    def update(self, params: Dict, grads: Mapping[Any, Any]) -> None:
        """한 걸음 갱신한다: 배열은 제자리에서, 수는 새 값으로.

        Take one step. Arrays change in place, a plain number is replaced. If anything does not fit
        it is refused, and nothing has changed.

        Args:
            params: a dict of arrays of floats, or of floats.
            grads: the gradient of each, by the same keys.

        Raises:
            MissingKeyError: ``grads`` lacks a key of ``params``.
            ShapeError: a gradient has not its parameter's shape.
            DTypeError: an integer parameter.
            InplaceError: a read-only array.
            HyperparameterError: a hyperparameter outside its range, NaN included.
        """
        for name, given in (("params", params), ("grads", grads)):
            if not isinstance(given, dict) and not isinstance(given, Mapping):
                raise wrong_kind(name, given, "사전(dict)", "a dict")
        keys = list(params)
        arrays = [_parameter(key, value, self._numbers) for key, value in params.items()]
        slopes = [_gradient(key, a, grads) for key, a in zip(keys, arrays, strict=True)]
        values = [value for name, value in vars(self).items() if name[0] != "_"]
        if len(values) != len(self._values) or not all(map(is_, values, self._values)):
            self._optimizer.param_groups[0].update(self._settings())
            self._values = values
        [(keywords, wanted)] = self._optimizer._settled()
        if wanted:
            self._remember(keys, arrays, wanted)
        told = self._optimizer._turn(self._count, self._optimizer.param_groups[0])
        states = [self._states.get(key, {}) for key in keys]
        if len(arrays) != len(self._arrays) or not all(map(is_, arrays, self._arrays)):
            self._arrays, self._plan = arrays, Plan(arrays, states, [0] * len(keys))
        quietly(self._plan.run, self._optimizer._rule, slopes, {0: keywords | told})
        for key, array in zip(keys, arrays, strict=True):
            if array is not params[key]:
                params[key] = array.item()

    def _remember(self, keys: list[Any], arrays: list[Array], wanted: dict[str, float]) -> None:
        """Begin the state of keys that are new; refuse those that have another shape than it."""
        fresh = {}
        for key, array in zip(keys, arrays, strict=True):
            state = self._states.get(key)
            if state is None:
                fresh[key] = {n: wrap(np.full_like(array, v)) for n, v in wanted.items()}
                continue
            before = next(iter(state.values())).shape
            if before != array.shape:
                raise ShapeError(
                    f"params[{key!r}]의 형상이 {before}에서 {array.shape}(으)로 바뀌었습니다. "
                    "신경망마다 옵티마이저를 새로 만드세요.",
                    f"params[{key!r}] had shape {before}, and now {array.shape}; make a new "
                    "optimizer for another network.",
                )
        self._states |= fresh


def _parameter(key: Any, value: Any, numbers: dict[Any, Array]) -> Array:
    """A parameter as an array: itself, or for a number the 0-d array that is kept for it."""
    if isinstance(value, np.ndarray):
        kind = value.dtype.kind
    elif isinstance(value, int | float | np.generic):
        kind = np.asarray(value).dtype.kind
    else:
        raise wrong_kind(f"params[{key!r}]", value, "소수형 배열이나 실수", "an array or a float")
    if kind != "f":
        dtype = np.asarray(value).dtype
        raise DTypeError(
            f"params[{key!r}]의 자료형이 {dtype}입니다. 갱신하려면 소수형이어야 합니다: "
            "astype(float)로 바꾸거나 3 대신 3.0을 쓰세요.",
            f"params[{key!r}] is {dtype}, and only floats can be updated; use astype(float), "
            "or 3.0 instead of 3.",
        )
    if not isinstance(value, np.ndarray):
        number = numbers.setdefault(key, np.empty(()))
        number[()] = value
        return number
    if not value.flags.writeable:
        raise InplaceError(
            f"params[{key!r}]은(는) 읽기 전용 배열입니다. copy()해서 쓰세요.",
            f"params[{key!r}] is a read-only array; copy() it first.",
        )
    return value


def _gradient(key: Any, param: Array, grads: Mapping[Any, Any]) -> Array:
    try:
        value = grads[key]
    except KeyError:
        known = ", ".join(map(repr, grads))
        raise MissingKeyError(
            f"grads에 {key!r}이(가) 없습니다. 있는 것: {known:.200}.",
            f"grads has no {key!r}, only {known:.200}.",
        ) from None
    if isinstance(value, np.ndarray) and value.dtype is param.dtype and value.shape == param.shape:
        return value
    if not isinstance(value, np.ndarray | int | float | np.generic):
        raise wrong_kind(f"grads[{key!r}]", value, "소수형 배열이나 실수", "an array or a float")
    slope = np.asarray(float(value) if type(value) is int else value)
    if slope.dtype.kind != "f":
        raise DTypeError(
            f"grads[{key!r}]의 자료형이 {slope.dtype}입니다. 소수형이어야 합니다.",
            f"grads[{key!r}] is {slope.dtype}; it must be floating.",
        )
    if slope.shape != param.shape:
        raise ShapeError(
            f"grads[{key!r}]의 형상 {slope.shape}이(가) params[{key!r}]의 {param.shape}과(와) "
            "다릅니다.",
            f"grads[{key!r}] has shape {slope.shape}, params[{key!r}] {param.shape}.",
        )
    return slope.astype(param.dtype, copy=False)


class SGD(_Optimizer):
    """확률적 경사 하강법: W ← W - η g.

    Stochastic gradient descent.

    Args:
        lr: learning rate η ≥ 0, which may be set to another at any time; so may all the settings
            of these classes.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.2

    >>> params, grads = {"W": np.array([1.0, 2.0])}, {"W": np.array([1.0, -1.0])}
    >>> SGD(lr=0.5).update(params, grads)
    >>> params["W"]
    array([0.5, 2.5])
    """

    _class = optim.SGD

    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr
        super().__init__()


class Momentum(_Optimizer):
    """모멘텀: v ← αv - ηg, W ← W + v.

    Momentum, with the learning rate inside the velocity ``v``.

    Args:
        momentum: α ≥ 0.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.4
    """

    _class = optim.Momentum

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        self.lr, self.momentum = lr, momentum
        super().__init__()

    def _settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "momentum": self.momentum}

    @property
    def v(self) -> dict[Any, Array] | None:
        """속도. The velocity by key."""
        return self._state("velocity")


class Nesterov(Momentum):
    """네스테로프 모멘텀: v ← αv - ηg, W ← W + αv - ηg.

    Nesterov's momentum as it was published; the book's repository multiplies the new velocity by
    α², as if it were the old.

    Source:
        Bengio et al. 2012
    """

    _fixed: ClassVar = {"nesterov": True}


class AdaGrad(_Optimizer):
    """AdaGrad, 원소마다의 학습률 감소: h ← h + g², W ← W - η g / (√h + 1e-7).

    AdaGrad: the more an element has moved, the smaller its steps.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.5
    """

    _class = optim.AdaGrad
    _fixed: ClassVar = {"convention": "book"}

    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr
        super().__init__()

    @property
    def h(self) -> dict[Any, Array] | None:
        """기울기 제곱의 합. The sum of the squared gradients by key."""
        return self._state("sum")


class RMSprop(_Optimizer):
    """RMSProp, 지수이동평균: h ← ρh + (1 - ρ)g², W ← W - η g / (√h + 1e-7).

    RMSProp: AdaGrad that forgets.

    Args:
        decay_rate: ρ, the share of the old, from 0 to 1.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.5
    """

    _class = optim.RMSProp
    _fixed: ClassVar = {"convention": "book"}

    def __init__(self, lr: float = 0.01, decay_rate: float = 0.99) -> None:
        self.lr, self.decay_rate = lr, decay_rate
        super().__init__()

    def _settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "alpha": number("decay_rate", self.decay_rate, least=0, most=1)}

    @property
    def h(self) -> dict[Any, Array] | None:
        """기울기 제곱의 이동 평균. The moving average of the squared gradients by key."""
        return self._state("square_avg")


class Adam(_Optimizer):
    """Adam, 모멘텀과 RMSProp을 함께: W ← W - ηₜ m / (√v + 1e-7), ηₜ = η √(1 - β₂ᵗ) / (1 - β₁ᵗ).

    Adam with its ε beside the uncorrected √v: m ← β₁m + (1 - β₁)g, v ← β₂v + (1 - β₂)g².

    Args:
        beta1, beta2: β₁ and β₂, the shares of the old, from 0 and below 1.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.1.6
    """

    _class = optim.Adam
    _fixed: ClassVar = {"convention": "book"}

    def __init__(self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999) -> None:
        self.lr, self.beta1, self.beta2 = lr, beta1, beta2
        super().__init__()

    def _settings(self) -> dict[str, Any]:
        betas = [number(name, getattr(self, name), least=0, below=1) for name in ("beta1", "beta2")]
        return {"lr": self.lr, "betas": tuple(betas)}

    @property
    def m(self) -> dict[Any, Array] | None:
        """기울기의 이동 평균. The moving average of the gradients by key."""
        return self._state("exp_avg")

    @property
    def v(self) -> dict[Any, Array] | None:
        """기울기 제곱의 이동 평균. The moving average of the squared gradients by key."""
        return self._state("exp_avg_sq")

    @property
    def iter(self) -> int:
        """갱신한 횟수 t. The number of updates so far."""
        return int(self._count.get("step", 0))

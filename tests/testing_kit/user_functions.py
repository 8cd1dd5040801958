"""Functions as users write them: some with a planted fault, some with a kink and none.

Each is a whole model of several operations, the faulty one somewhere inside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinygrad_kr as tg
from tinygrad_kr.autograd import Function
from tinygrad_kr.nn import functional as F

Tensor = tg.Tensor
rng = np.random.default_rng(3)


def leaf(*values: Any) -> Tensor:
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


def scalar(value: float) -> Tensor:
    return tg.tensor(value, dtype=tg.float64, requires_grad=True)


def random(*shape: int) -> Tensor:
    return tg.tensor(rng.uniform(0.3, 1.5, shape), requires_grad=True)


class Saving(Function):
    """What most of these have in common: they keep their inputs."""

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.save_for_backward(*inputs)


class WrongSign(Saving):
    """cos, whose slope is −sin."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.cos()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * x.sin()


class CountedTwice(Saving):
    """x², whose slope is 2x already."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * 2 * x + g * 2 * x


class SumForMean(Saving):
    """The mean over all elements, without the 1/n."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.mean()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * tg.ones_like(x)


class DroppedTerm(Saving):
    """x · sigmoid(x), and half of the product rule."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x * x.sigmoid()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * x.sigmoid()


class InputForOutput(Saving):
    """tanh, whose slope is 1 − y² of the output."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.tanh()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return g * (1 - y * y)


class NotTransposed(Saving):
    """x @ w, where x gets g @ w.T."""

    @staticmethod
    def forward(x: Tensor, w: Tensor) -> Tensor:
        return x @ w

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        x, w = ctx.saved_tensors
        return g @ w, x.transpose(0, 1) @ g


class BiasOfOneRow(Saving):
    """x + b, where b gets the sum over the rows."""

    @staticmethod
    def forward(x: Tensor, b: Tensor) -> Tensor:
        return x + b

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        return g, g[0]


class InPlace(Saving):
    """3x, scaling the very gradient that it was handed."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x * 3

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g.mul_(3)


class DeafToUpstream(Function):
    """The mean cross-entropy of the book, whose backward is (p − t) / n whatever comes after."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, t: Tensor) -> Tensor:
        ctx.save_for_backward(F.softmax(x, 1), t)
        return -(F.log_softmax(x, 1) * t).sum() / len(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        p, t = ctx.saved_tensors
        return (p - t) / len(p), None


class ReluOfTwo(Saving):
    """ReLU, with the slope 2 at 0."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.relu()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * ((x > 0).to(g.dtype) + 2 * (x == 0).to(g.dtype))


class SteepRelu(Saving):
    """ReLU, with the slope 1.01."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.relu()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * 1.01 * (x > 0).to(g.dtype)


class OnceOnly(Function):
    """exp, right at first; its backward takes the output for a constant."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.y = x.exp()
        return ctx.y.clone()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g * ctx.y


class Unsteady(Saving):
    """x, and a little noise on the way back."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g * (1 + 1e-3 * tg.rand(()).double())


class ChangesInput(Saving):
    """2x, doubling x itself behind autograd's back."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        array = x.detach().numpy()
        array *= 2
        return x.clone()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g * 2


def detached(x: Tensor) -> Tensor:
    """exp(x²), one of the two factors cut off."""
    return (x * x.detach()).exp().sum()


@dataclass(frozen=True)
class Faulty:
    """A composed function with a fault, and what must be said of it."""

    name: str
    f: Callable[..., Any]
    inputs: Sequence[Tensor]
    korean: Sequence[str]
    english: Sequence[str]
    second: bool = False  # wrong in its second derivative only


TARGET = tg.tensor([[0, 1.0, 0], [1, 0, 0]], dtype=tg.float64)

FAULTY = [
    Faulty(
        "wrong sign",
        lambda x, w: (WrongSign.apply(x * w + 1) * x.exp()).mean(),
        (random(3), random(3)),
        ("0번째 입력", "WrongSign", "비율 -1.", "부호가 반대입니다"),
        ("input 0 at", "WrongSign", "ratio -1.", "The sign is wrong"),
    ),
    Faulty(
        "counted twice",
        lambda x: CountedTwice.apply(x.sin()).sum() + x.sum(),
        (random(2, 2),),
        ("CountedTwice", "비율 2.", "두 번 더해졌거나, 1/2이 빠졌습니다"),
        ("input 0 at", "CountedTwice", "ratio 2.", "Counted twice"),
    ),
    Faulty(
        "sum for mean",
        lambda x, w: SumForMean.apply((x @ w - 1) ** 2) + (w * w).sum(),
        (random(5, 2), random(2)),
        ("SumForMean", "비율 5.", "1/5이 빠짐"),
        ("SumForMean", "ratio 5.", "5 times too large: a sum where a mean is meant"),
    ),
    Faulty(
        "dropped term",
        lambda x: (DroppedTerm.apply(x * 2) ** 2).sum(),
        (random(4),),
        ("DroppedTerm", "빠진 항"),
        ("DroppedTerm", "a dropped term"),
    ),
    Faulty(
        "input for output",
        lambda x, w: (InputForOutput.apply(x @ w) @ w).sum(),
        (random(2, 3), random(3, 3)),
        ("InputForOutput", "잘못 간직한 값"),
        ("InputForOutput", "a wrong value kept"),
    ),
    Faulty(
        "operand not transposed",
        lambda x, w: NotTransposed.apply(x.tanh(), w).exp().sum(),
        (random(2, 2), random(2, 2)),
        ("0번째 입력", "NotTransposed", "야코비 행렬이 전치"),
        ("input 0", "NotTransposed", "The Jacobian is transposed"),
    ),
    Faulty(
        "bias from one row",
        lambda x, w, b: BiasOfOneRow.apply(x @ w, b).relu().sum(),
        (random(4, 2), random(2, 3), random(3)),
        ("2번째 입력", "BiasOfOneRow", "1번째 입력", "브로드캐스트된 차원"),
        ("input 2", "BiasOfOneRow", "input 1", "a sum over the broadcast dimensions"),
    ),
    Faulty(
        "gradient changed in place",
        lambda x: InPlace.apply(x.sin()) + x.exp(),
        (random(3),),
        ("InPlace", "grad_output을 제자리에서 바꾸었습니다"),
        ("InPlace", "changed the grad_output that it was handed"),
    ),
    Faulty(
        "cut by detach",
        detached,
        (random(3),),
        ("비율 0.5.", "하나하나의 VJP는 맞습니다", "detach()"),
        ("ratio 0.5.", "one of two paths", "The VJP of each operation is right", "detach()"),
    ),
    Faulty(
        "upstream gradient ignored",
        lambda x, w: 3 * DeafToUpstream.apply(x @ w, TARGET) + (w * w).sum(),
        (random(2, 4), random(4, 3)),
        ("DeafToUpstream", "위에서 온 기울기가 0인데"),
        ("DeafToUpstream", "does the backward multiply by grad_output?"),
    ),
    Faulty(
        "outside the slopes of a kink",
        lambda x: (ReluOfTwo.apply(x) * 3).sum(),
        (leaf(-1.0, 0.0, 2.0),),
        ("[1]", "kink", "ReluOfTwo", "해석값 2, 두 기울기 0, 1."),
        ("input 0 at [1]", "is a kink", "ReluOfTwo", "analytic 2, slopes 0 and 1."),
    ),
    Faulty(
        "wrong beside a kink",
        lambda x: SteepRelu.apply(x * 2).sum(),
        (leaf(-1.0, 5e-5, 2.0),),
        ("SteepRelu", "상수 1.01배"),
        ("SteepRelu", "The same factor 1.01 everywhere"),
    ),
    Faulty(
        "second derivative only",
        lambda x: (OnceOnly.apply(x * x) + x**3).sum(),
        (random(3),),
        ("OnceOnly", "경로 하나가 빠졌습니다"),
        ("OnceOnly", "A path is missing"),
        second=True,
    ),
    Faulty(
        "another gradient every time",
        lambda x: (Unsteady.apply(x.exp()) * x).sum(),
        (random(3),),
        ("Unsteady", "다시 계산한 기울기가 다릅니다"),
        ("Unsteady", "nondeterministic"),
    ),
    Faulty(
        "input changed",
        lambda x: (ChangesInput.apply(x) * x.exp()).sum(),
        (random(3),),
        ("ChangesInput", "0번째 입력을 제자리에서"),
        ("ChangesInput", "changed its input 0 in place"),
    ),
    Faulty(
        "inner value changed",
        lambda x: ((u := x.exp()) + ChangesInput.apply(u)).sum(),
        (random(3),),
        ("ChangesInput", "0번째 입력을 제자리에서"),
        ("ChangesInput", "changed its input 0 in place"),
    ),
]


class Sign(Saving):
    """abs, with PyTorch's slope 0 at 0."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.abs()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * x.sign()


class UpperHalf(Saving):
    """ReLU, with the slope 1/2 at 0: as good as any between 0 and 1."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.relu()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * ((x > 0).to(g.dtype) + 0.5 * (x == 0).to(g.dtype))


@dataclass(frozen=True)
class Right:
    """A right function, and the kinks that it is looked at on or beside."""

    name: str
    f: Callable[..., Any]
    inputs: Sequence[Tensor]
    second: bool = True  # whether the second derivative is asked for too


def near(*distances: float) -> Tensor:
    """A kink at 0 from both sides, and at it."""
    return leaf(*(side * d for d in distances for side in (-1, 1)), 0.0)


def huber(x: Tensor, t: Tensor) -> Tensor:
    """Half the square where x − t is within 1, a straight line beyond."""
    off = (x * 2 - t).abs()
    return tg.where(off <= 1, off**2 / 2, off - 0.5).mean()


NEAR = (1e-3, 1e-6, 1e-9)

RIGHT = [
    Right("relu", lambda x: (x.relu() * x.exp()).sum(), (near(*NEAR),), False),
    Right("relu, half at 0", lambda x: (UpperHalf.apply(x) ** 2 + x).sum(), (near(*NEAR),), False),
    Right("abs", lambda x: Sign.apply(x * 2).mean() + x.abs().sum(), (near(*NEAR),), False),
    Right("max with a tie", lambda x: x.max() * x.sum(), (leaf(1.0, 3.0, 3.0, 3.0 - 1e-6),), False),
    Right("amax with a tie", lambda x: tg.amax(x, 0) ** 2, (leaf(1.0, 3.0, 3.0),), False),
    Right(
        "maximum of equals",
        lambda a, b: tg.maximum(a, b).exp(),
        (leaf(1.0, 2.0), leaf(1.0, 2.0 + 1e-9)),
        False,
    ),
    Right(
        "clamp at its borders",
        lambda x: x.clamp(-1, 1).exp() * x,
        (leaf(-1.0, 1.0, -1 - 1e-6, 1 - 1e-9, 0.999, 0.0),),
        False,
    ),
    Right(
        "hinge loss",
        lambda x, t: (1 - x * t).clamp(min=0).mean(),
        (leaf(1.0, -1.0, 0.5, 1 + 1e-6), tg.tensor([1.0, -1.0, 1.0, 1.0], dtype=tg.float64)),
        False,
    ),
    Right(
        "Huber at its knee",
        huber,
        (leaf(0.5, -0.5, 0.5 + 1e-6, 0.1), tg.zeros(4).double()),
        False,
    ),
    Right("leaky relu", lambda x: F.leaky_relu(x, 0.1).sum() * x.sum(), (near(*NEAR),), False),
    Right("elu", lambda x: F.elu(x).sum(), (near(*NEAR),), False),
    Right(
        "sort near ties",
        lambda x: (x.sort()[0] * leaf(1.0, 4.0, 2.0, 5.0).detach()).sum(),
        (leaf(1.0, 1.0 + 1e-6, 2.0, 2.0 + 1e-9),),
    ),
    Right("topk near a tie", lambda x: x.topk(2)[0] ** 2, (leaf(1.0, 3.0, 3.0 + 1e-6),)),
    Right("median near a tie", lambda x: x.median() * x.sum(), (leaf(1.0, 2.0, 2.0 + 1e-6, 5.0),)),
    Right("sqrt at 0", lambda x: x.sqrt().sum(), (leaf(0.0, 1.0, 1e-6),), False),
    Right("norm at 0", lambda x: (x * 3).norm(), (leaf(0.0, 0.0),), False),
    Right("step at its jump", lambda x: (x > 0).double() * x.exp(), (near(1e-3, 1e-6),), False),
    Right("round between two", lambda x: x.round() * x, (leaf(0.2, 1.4, 0.5 - 1e-3),)),
    Right("floor at a jump", lambda x: x.floor() + x * 2, (leaf(1.0, 2.5),)),
    Right("x to the 0", lambda x: (x**0).sum() + x.sum(), (near(*NEAR),)),
    Right(
        "selected by where",
        lambda x: tg.where(x > 0, x.exp(), 1 + x).sum(),
        (near(*NEAR),),
    ),
    Right(
        "a safe branch in where",
        lambda x: tg.where(x > 0, tg.where(x > 0, x, tg.ones_like(x)).log(), x),
        (leaf(-1.0, 1e-3, 2.0),),
    ),
    Right("smooth beside kinks", lambda x: (x * x.abs()).sum(), (near(*NEAR),), False),
]

"""What every rule is put through: parameters in groups, all options at once, a gradient or none and
a new rate at every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optim_references as reference
from hypothesis import strategies as st
from numpy.typing import NDArray

import tinygrad_kr as tg
from tinygrad_kr import optim

Array = NDArray[Any]
Options = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """A class, its formula in float64, and a strategy for each of its options."""

    make: Callable[..., optim.Optimizer]
    reference: Callable[..., list[Array]]
    options: dict[str, st.SearchStrategy[Any]]

    def drawn(self) -> st.SearchStrategy[Options]:
        return st.fixed_dictionaries(self.options).map(compatible)


def compatible(options: Options) -> Options:
    """The nearest options that the rule takes and that do not magnify rounding without end."""
    changed = dict(options)
    if options.get("nesterov") and "dampening" in options:
        changed.update(momentum=options["momentum"] or 0.5, dampening=0.0)
    if options.get("eps") == 0 and options.get("alpha") in (0, 1):
        changed["eps"] = None
    if options.get("betas", (1, 1))[1] == 0 and not options.get("decoupled_weight_decay"):
        changed["weight_decay"] = 0.0
    return changed


flags = st.booleans()
rates = st.sampled_from([0.1, 0.5, 0.01, 0.0])
common = {
    "lr": rates,
    "weight_decay": st.sampled_from([0.0, 0.01, 0.3]),
    "maximize": flags,
}
shares = st.sampled_from([0.9, 0.0, 0.3, 1.0])
betas = st.tuples(st.sampled_from([0.9, 0.0, 0.5]), st.sampled_from([0.999, 0.0, 0.5]))
eps = {
    "eps": st.sampled_from([None, 1e-3, 0.5, 0.0]),
    "convention": st.sampled_from(["torch", "book"]),
}
bare_eps = {"eps": st.sampled_from([1e-3, 0.5, 1e-8])}
adam = {**common, **eps, "betas": betas, "amsgrad": flags}

RULES = {
    "SGD": Rule(
        optim.SGD,
        reference.sgd,
        {**common, "momentum": shares, "dampening": st.sampled_from([0.0, 0.4, -0.5])}
        | {"nesterov": flags},
    ),
    "Momentum": Rule(
        optim.Momentum, reference.momentum, {**common, "momentum": shares, "nesterov": flags}
    ),
    "AdaGrad": Rule(
        optim.AdaGrad,
        reference.adagrad,
        {**common, **eps, "lr_decay": st.sampled_from([0.0, 0.25])}
        | {"initial_accumulator_value": st.sampled_from([0.0, 0.5])},
    ),
    "RMSProp": Rule(
        optim.RMSProp,
        reference.rmsprop,
        {**common, **eps, "alpha": st.sampled_from([0.99, 0.5, 0.0, 1.0])}
        | {"momentum": shares, "centered": flags},
    ),
    "Adam": Rule(optim.Adam, reference.adam, {**adam, "decoupled_weight_decay": flags}),
    "AdamW": Rule(optim.AdamW, reference.adamw, adam),
    "Adadelta": Rule(
        optim.Adadelta,
        reference.adadelta,
        {**common, **bare_eps, "rho": st.sampled_from([0.9, 0.5, 0.0])},
    ),
    "Adamax": Rule(optim.Adamax, reference.adamax, {**common, **bare_eps, "betas": betas}),
    "NAdam": Rule(
        optim.NAdam,
        reference.nadam,
        {**common, **bare_eps, "betas": betas, "decoupled_weight_decay": flags}
        | {"momentum_decay": st.sampled_from([4e-3, 0.0, 0.5])},
    ),
    "RAdam": Rule(
        optim.RAdam,
        reference.radam,
        {**common, **bare_eps, "betas": betas, "decoupled_weight_decay": flags},
    ),
    "ASGD": Rule(
        optim.ASGD,
        reference.asgd,
        {**common, "lambd": st.sampled_from([1e-4, 0.0, 0.5])}
        | {"alpha": st.sampled_from([0.75, 0.0, 2.0]), "t0": st.sampled_from([1e6, 0.0, 2.0])},
    ),
    "Rprop": Rule(
        optim.Rprop,
        reference.rprop,
        {"lr": rates, "maximize": flags}
        | {"etas": st.sampled_from([(0.5, 1.2), (0.25, 3.0)])}
        | {"step_sizes": st.sampled_from([(1e-6, 50.0), (0.02, 0.3)])},
    ),
}


@dataclass(frozen=True)
class Walk:
    """One parameter's way: its first value, the options of its group, at each step the group's rate
    and the gradient if there is one, and how the arrays lie in memory."""

    first: Array
    options: Options
    rates: list[float]
    grads: list[Array | None]
    layouts: tuple[str, str] = ("dense", "dense")

    def path(self, follow: Callable[..., list[Array]], options: Options) -> Array:
        """Where ``follow`` is at first and after each step, of its own steps only."""
        steps = list(zip(self.grads, self.rates, strict=True))
        due = [(g, rate) for g, rate in steps if g is not None]
        gone = follow(self.first, [g for g, _ in due], [rate for _, rate in due], **options)
        places = [self.first, *gone]
        taken = np.cumsum([0, *(g is not None for g in self.grads)])
        return np.stack([places[k] for k in taken])


Groups = list[list[Walk]]


def laid_out(values: Array, layout: str) -> Array:
    """A copy of the values, dense or on strides of its own."""
    if layout == "transposed":
        return np.array(values.T, order="C").T
    room = np.zeros((*values.shape, 2 if layout == "strided" else 1))[..., 0]
    room[...] = values
    return room


@st.composite
def problems(draw: st.DrawFn, name: str) -> Groups:
    """One or two groups of up to three parameters, and five to eight steps."""
    steps = draw(st.integers(5, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    layouts = st.sampled_from(["dense", "transposed", "strided"])
    shapes = st.sampled_from([(3,), (), (2, 3), (1,), (0, 2)])

    def values(shape: tuple[int, ...]) -> Array:
        # Never 0, so that what is divided by a root is never rounding alone.
        return np.asarray(rng.integers(1, 17, shape) * rng.choice([-1, 1], shape) / 8)

    def group() -> list[Walk]:
        options = draw(RULES[name].drawn())
        later = draw(st.lists(rates, min_size=steps - 1, max_size=steps - 1))
        of_steps = [options.pop("lr"), *later]
        walks = []
        for shape in draw(st.lists(shapes, min_size=1, max_size=3)):
            missing = draw(st.sets(st.integers(0, steps - 1), max_size=2))
            grads = [None if i in missing else values(shape) for i in range(steps)]
            layout = draw(st.tuples(layouts, layouts))
            walks.append(Walk(values(shape), options, of_steps, grads, layout))
        return walks

    return [group() for _ in range(draw(st.integers(1, 2)))]


class Race:
    """An optimizer on its parameters, led along their walks."""

    def __init__(self, name: str, groups: Groups) -> None:
        self.walks = [walk for group in groups for walk in group]
        self.params = [
            tg.from_numpy(laid_out(w.first, w.layouts[0])).requires_grad_() for w in self.walks
        ]
        unplaced = iter(self.params)
        placed = [[next(unplaced) for _ in group] for group in groups]
        own = [{"lr": group[0].rates[0], **group[0].options} for group in groups]
        # The constructor's options are the first group's.
        rest: list[Any] = [
            {"params": params, **options}
            for params, options in zip(placed[1:], own[1:], strict=True)
        ]
        given = [{"params": placed[0]}, *rest] if rest else placed[0]
        self.optimizer = RULES[name].make(given, **own[0])

    def run(self, steps: Sequence[int] | None = None) -> list[Array]:
        """Each parameter's path: where it is at first and after each of the steps."""
        paths = [[p.detach().numpy().copy()] for p in self.params]
        walk_of = dict(zip(self.params, self.walks, strict=True))
        for i in range(len(self.walks[0].rates)) if steps is None else steps:
            for group in self.optimizer.param_groups:
                group["lr"] = walk_of[group["params"][0]].rates[i]
            for p, walk in walk_of.items():
                g = walk.grads[i]
                p.grad = None if g is None else tg.from_numpy(laid_out(g, walk.layouts[1]))
            self.optimizer.step()
            for p, walk, path in zip(self.params, self.walks, paths, strict=True):
                path.append(p.detach().numpy().copy())
                if p.grad is not None:
                    np.testing.assert_array_equal(p.grad.numpy(), walk.grads[i])
        return [np.stack(path) for path in paths]


def frozen(value: Any) -> Any:
    """``value`` with every array in it as bytes, to be compared bit for bit."""
    if isinstance(value, tg.Tensor):
        return (str(value.dtype), tuple(value.shape), value.detach().numpy().tobytes())
    if isinstance(value, dict):
        return {k: frozen(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [frozen(v) for v in value]
    return value

"""Weights travel to PyTorch and back by safetensors; a run that was saved and resumed equals the
one that never stopped, for every update rule and schedule of the package."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_kr as tg
from tests.test_io import same
from tinygrad_kr import nn, optim
from tinygrad_kr.optim import lr_scheduler

X = np.random.default_rng(0)


def network(lib: Any) -> Any:
    """A layer of each kind, as a class that both libraries run."""
    nn = lib.nn

    class Net(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(11, 8, padding_idx=0)
            self.conv = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
            self.norm = nn.LayerNorm(8)
            self.lstm = nn.LSTM(8, 6, num_layers=2, bidirectional=True, batch_first=True)
            self.attention = nn.MultiheadAttention(12, 3, batch_first=True)
            self.head = nn.ModuleDict({"out": nn.Linear(12, 5), "gate": nn.GRU(12, 5)})
            self.register_buffer("seen", lib.tensor([3, 1, 2]))
            self.register_buffer("mask", lib.tensor([True, False]))

        def forward(self, words: Any) -> Any:
            x = self.table(words)
            x = self.norm(x + self.conv(x[:, None]).mean(1))
            x, _ = self.lstm(x)
            x, weights = self.attention(x, x, x)
            gate, _ = self.head["gate"](x)
            return self.head["out"](x) * gate, weights

    return Net()


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-6), ("float64", 1e-12)])
@pytest.mark.parametrize("train", [False, True])
def test_weights_travel_by_safetensors(
    dtype: str, tolerance: float, train: bool, tmp_path: Path
) -> None:
    library = pytest.importorskip("safetensors.torch")
    torch = pytest.importorskip("torch")
    words = X.integers(0, 11, (2, 7))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = network(torch).to(getattr(torch, dtype))
    theirs(torch.tensor(words))  # so that running statistics are not those of the beginning
    library.save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")

    ours = network(tg).to(getattr(tg, dtype))
    found = ours.load_state_dict(tg.load(tmp_path / "theirs.safetensors"), strict=True)
    assert not found.missing_keys and not found.unexpected_keys
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for name, value in theirs.state_dict().items():
        own = ours.state_dict()[name]
        assert str(own.dtype) == str(value.dtype).removeprefix("torch.")
        np.testing.assert_array_equal(own.numpy(), value.numpy(), name)

    pair = ours.train(train), theirs.train(train)
    for _ in range(2):
        a, b = ours(tg.tensor(words)), theirs(torch.tensor(words))
        for mine, other in zip(a, b, strict=True):
            np.testing.assert_allclose(mine.detach(), other.detach(), 0, tolerance)
    tg.save({k: v + 1 if v.dtype != tg.bool else v for k, v in ours.state_dict().items()},
            tmp_path / "ours.safetensors")  # fmt: skip
    theirs.load_state_dict(library.load_file(tmp_path / "ours.safetensors"), strict=True)
    ours.load_state_dict(tg.load(tmp_path / "ours.safetensors"), strict=True)
    a, b = (model(lib.tensor(words))[0] for model, lib in zip(pair, (tg, torch), strict=True))
    np.testing.assert_allclose(a.detach(), b.detach(), 0, 10 * tolerance)


def test_half_precision_travels(tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.torch")
    torch = pytest.importorskip("torch")
    theirs, ours = network(torch).half(), network(tg).half()
    library.save_file(theirs.state_dict(), tmp_path / "a.safetensors")
    ours.load_state_dict(tg.load(tmp_path / "a.safetensors"), strict=True)
    tg.save(ours.state_dict(), tmp_path / "b.safetensors")
    back = library.load_file(tmp_path / "b.safetensors")
    assert {n: v.dtype for n, v in back.items()} == {
        n: v.dtype for n, v in theirs.state_dict().items()
    }
    assert all(torch.equal(back[name], value) for name, value in theirs.state_dict().items())


# ---- checkpoints

RULES: dict[str, Callable[[Any], Any]] = {
    name: lambda ps, name=name: getattr(optim, name)(ps, lr=0.05)
    for name in sorted(optim.__all__)
    if isinstance(getattr(optim, name), type) and name != "Optimizer"
}
RULES |= {
    "SGD, Nesterov": lambda ps: optim.SGD(ps, lr=0.05, momentum=0.9, nesterov=True),
    "Adam, amsgrad": lambda ps: optim.Adam(ps, lr=0.05, amsgrad=True, weight_decay=0.1),
    "LBFGS, strong Wolfe": lambda ps: optim.LBFGS(ps, max_iter=3, line_search_fn="strong_wolfe"),
    "groups": lambda ps: optim.AdamW([{"params": [p], "lr": 0.01 * i} for i, p in enumerate(ps)]),
}
SCHEDULES: dict[str, Callable[[Any], Any]] = {
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.ConstantLR(o, 0.5, 2), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
    "ConstantLR": lambda o: lr_scheduler.ConstantLR(o, 0.5, 3),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 5),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2, 2),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, 2, cycle_momentum=False),
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 0.8**epoch),
    "LinearLR": lambda o: lr_scheduler.LinearLR(o, total_iters=4),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [2, 4]),
    "MultiplicativeLR": lambda o: lr_scheduler.MultiplicativeLR(o, lambda epoch: 0.8),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 0.2, 8, cycle_momentum=False),
    "PolynomialLR": lambda o: lr_scheduler.PolynomialLR(o, 6, 2.0),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=0.5),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o, 0.5, 2), lr_scheduler.ExponentialLR(o, 0.9)], [3]
    ),
    "StepLR": lambda o: lr_scheduler.StepLR(o, 2),
}


class Run:
    """A script with dropout and shuffled batches: all that it keeps is in its checkpoint."""

    def __init__(self, rule: Any, schedule: Any) -> None:
        tg.manual_seed(0)
        self.model = nn.Sequential(
            nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(0.2), nn.Linear(4, 1)
        )
        self.optimizer = rule(self.model.parameters())
        self.scheduler = schedule(self.optimizer)
        self.epoch, self.losses = 0, list[float]()
        rng = np.random.default_rng(1)
        self.x, self.t = tg.tensor(rng.normal(size=(12, 3)), dtype=tg.float32), tg.tensor(1.0)

    def to(self, end: int) -> None:
        for _ in range(self.epoch, end):
            rows = tg.randperm(12)[:8]

            def closure(rows: Any = rows) -> Any:
                self.optimizer.zero_grad()
                loss = ((self.model(self.x[rows]) - self.t) ** 2).mean()
                loss.backward()
                return loss

            loss = self.optimizer.step(closure)
            self.losses.append(loss.item())
            plateau = isinstance(self.scheduler, lr_scheduler.ReduceLROnPlateau)
            self.scheduler.step(*[loss.item()] * plateau)
        self.epoch = end

    def checkpoint(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(), "epoch": self.epoch,
            "rng": tg.get_rng_state(), "best": min(self.losses),
        }  # fmt: skip

    def resume(self, saved: dict[str, Any]) -> None:
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.scheduler.load_state_dict(saved["scheduler"])
        self.epoch = saved["epoch"]
        tg.set_rng_state(saved["rng"])


def in_order(value: Any) -> Any:
    """The names of a state in alphabetical order, all the way down."""
    if isinstance(value, dict):
        return {k: in_order(value[k]) for k in sorted(value, key=str)}
    return type(value)(map(in_order, value)) if isinstance(value, list | tuple) else value


def resumed_is_the_same(rule: Any, schedule: Any) -> None:
    whole = Run(rule, schedule)
    whole.to(3)
    file = io.BytesIO()
    tg.save(whole.checkpoint(), file)
    file.seek(0)
    whole.to(7)
    second = Run(rule, schedule)
    tg.rand(5)
    second.resume(tg.load(file))
    second.to(7)
    assert second.losses == whole.losses[3:]
    a, b = in_order(second.checkpoint()), in_order(whole.checkpoint())
    assert same({**a, "best": b["best"]}, b)


@pytest.mark.parametrize("rule", RULES)
def test_a_resumed_run_of_every_rule(rule: str) -> None:
    resumed_is_the_same(RULES[rule], SCHEDULES["StepLR"])


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_resumed_run_of_every_schedule(schedule: str) -> None:
    resumed_is_the_same(RULES["Adam"], SCHEDULES[schedule])


def test_every_schedule_is_there() -> None:
    assert set(SCHEDULES) == set(lr_scheduler.__all__) - {"LRScheduler"}

"""학습의 상태와 체크포인트: 멈춘 곳에서 한 비트도 다르지 않게 이어 간다.

A run's whole state and its checkpoint: what was interrupted goes on, not one bit different.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import tinygrad_kr as torch
from helpers.places import RUNS
from tinygrad_kr import nn, optim
from tinygrad_kr.errors import FileFormatError
from tinygrad_kr.utils.data import DataLoader

PARTS = ("settings", "model", "optimizer", "scheduler", "shuffle", "dropout", "epoch", "step",
         "losses", "accuracies")  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """학습 결과를 정하는 것 모두. 체크포인트에 함께 저장된다.

    All that the result depends on; it is kept in the checkpoint.
    """

    lr: float
    epochs: int = 6
    batch_size: int = 256
    optimizer: str = "adam"
    model: str = "bn"
    seed: int = 0
    limit: int | None = None


class Run:
    """한 번의 학습: 배우는 것들과 지금까지 온 곳.

    One run: what learns, and how far it has come. ``step`` counts the mini-batches taken from the
    epoch under way, ``losses`` has one number a step, ``accuracies`` one a finished epoch.
    """

    def __init__(
        self,
        settings: Settings,
        model: nn.Module,
        optimizer: optim.Optimizer,
        scheduler: optim.lr_scheduler.LRScheduler,
        shuffle: torch.Generator,
    ) -> None:
        self.settings = settings
        self.model, self.optimizer, self.scheduler = model, optimizer, scheduler
        self.shuffle = shuffle
        self.epoch = self.step = 0
        self.losses: list[float] = []
        self.accuracies: list[float] = []

    @property
    def finished(self) -> bool:
        """모든 에폭을 마쳤는가. Whether all epochs are done."""
        return self.epoch >= self.settings.epochs

    def batches(self, loader: DataLoader) -> Iterator[Any]:
        """이번 에폭에 남은 미니배치. What is left of this epoch, in its own order."""
        self._order = self.shuffle.get_state()
        return islice(loader, self.step, None)

    def end_step(self, loss: float) -> None:
        """한 걸음을 마친다. Close the step."""
        self.losses.append(loss)
        self.step += 1

    def end_epoch(self, accuracy: float) -> None:
        """에폭을 마친다. Close the epoch."""
        self.accuracies.append(accuracy)
        self.epoch, self.step = self.epoch + 1, 0

    def report(self) -> str:
        """마지막 에폭의 한 줄. The last epoch in a line."""
        taken = len(self.losses) // self.epoch
        return (
            f"에폭(epoch) {self.epoch}/{self.settings.epochs} · "
            f"손실(loss) {sum(self.losses[-taken:]) / taken:.4f} · "
            f"시험 정확도(test accuracy) {self.accuracies[-1]:.2f} %"
        )

    def save(self, path: Path) -> None:
        """체크포인트를 한 번에 바꿔 쓴다. Save, replacing the old checkpoint in one step."""
        state = {
            "settings": asdict(self.settings),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            # In mid-epoch, the state that the order of this epoch was drawn from.
            "shuffle": self._order if self.step else self.shuffle.get_state(),
            "dropout": torch.get_rng_state(),
            "epoch": self.epoch,
            "step": self.step,
            "losses": self.losses,
            "accuracies": self.accuracies,
        }
        torch.save(state, path)

    def load(self, state: dict[str, Any]) -> None:
        """체크포인트로 돌아간다. Go back to what :func:`read` read."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.shuffle.set_state(state["shuffle"])
        torch.set_rng_state(state["dropout"])
        self.epoch, self.step = state["epoch"], state["step"]
        self.losses, self.accuracies = state["losses"], state["accuracies"]

    def checksum(self) -> str:
        """가중치의 지문: 같은 비트이면 같다. A fingerprint of the weights, equal for equal bits."""
        digest = hashlib.sha256()
        for name, value in self.model.state_dict().items():
            digest.update(name.encode("utf-8") + value.numpy().tobytes())
        return digest.hexdigest()[:12]


def read(path: Path) -> dict[str, Any]:
    """mnist.py의 체크포인트를 읽는다.

    Read a checkpoint of mnist.py.

    Raises:
        FileFormatError: it is something else.
    """
    state = torch.load(path)
    if (
        not isinstance(state, dict)
        or set(state) != set(PARTS)
        or not isinstance(state["settings"], dict)
        or set(state["settings"]) != {field.name for field in fields(Settings)}
    ):
        raise FileFormatError(
            f"mnist.py의 체크포인트가 아닙니다: {path}.",
            f"{path} is no checkpoint of mnist.py.",
        )
    return state


def interrupted(run: Run, path: Path | None) -> int:
    """멈춘 곳을 저장하고 이어 하는 법을 말한다.

    Save where a run was interrupted and say how to resume it; returns the exit code of Ctrl-C.
    """
    if path is None:
        RUNS.mkdir(exist_ok=True)
        path = RUNS / f"mnist-{datetime.now():%Y%m%d-%H%M%S}.npz"
    run.save(path)
    command = f'python "{sys.argv[0]}" --resume "{path}"'
    print(f"멈추고 저장했습니다. 이어 하려면: {command}")
    print(f"Stopped and saved. To go on: {command}")
    return 130

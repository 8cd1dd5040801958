"""책의 훈련 도구.

The book's trainer.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from tinygrad_kr.book.optimizer import SGD, AdaGrad, Adam, Momentum, Nesterov, RMSprop
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, ShapeError
from tinygrad_kr.hyperparameters import choice, integer, wrong_kind

__all__ = ["SGD", "AdaGrad", "Adam", "Momentum", "Nesterov", "RMSprop", "Trainer", "np"]

# The second spelling is the repository's.
_OPTIMIZERS: Final[dict[str, Any]] = {
    "sgd": SGD, "momentum": Momentum, "nesterov": Nesterov, "adagrad": AdaGrad,
    "rmsprop": RMSprop, "rmsprpo": RMSprop, "adam": Adam,
}  # fmt: skip


class Trainer:
    """신경망을 미니배치로 훈련하고 손실과 정확도를 기록한다.

    Trains a network on mini-batches, drawn with replacement from ``np.random``, and keeps its loss
    after every update and its accuracy once an epoch.

    Args:
        network: has ``params``, ``gradient(x, t)``, ``loss(x, t)`` and ``accuracy(x, t)``.
        epochs, mini_batch_size: positive whole numbers.
        optimizer: "SGD", "Momentum", "Nesterov", "AdaGrad", "RMSprop" or "Adam", in any case.
        optimizer_param: its keywords.
        evaluate_sample_num_per_epoch: on how many samples to measure accuracy; None is all.
        verbose: whether to print.

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.4
    """

    def __init__(
        self,
        network: Any,
        x_train: Array,
        t_train: Array,
        x_test: Array,
        t_test: Array,
        epochs: int = 20,
        mini_batch_size: int = 100,
        optimizer: str = "SGD",
        optimizer_param: dict[str, Any] = {"lr": 0.01},  # noqa: B006  the book's, and only read
        evaluate_sample_num_per_epoch: int | None = None,
        verbose: bool = True,
    ) -> None:
        for name, x, t in (("train", x_train, t_train), ("test", x_test, t_test)):
            if not len(x) or len(x) != len(t):
                raise ShapeError(
                    f"x_{name}은 {np.shape(x)}, t_{name}은 {np.shape(t)}입니다. 수가 같고 하나 "
                    "이상이어야 합니다.",
                    f"x_{name} is {np.shape(x)} and t_{name} {np.shape(t)}; there must be as many "
                    "of both, and some.",
                )
        self.network = network
        self.verbose = verbose
        self.x_train, self.t_train = x_train, t_train
        self.x_test, self.t_test = x_test, t_test
        self.epochs = integer("epochs", epochs, least=1)
        self.batch_size = integer("mini_batch_size", mini_batch_size, least=1)
        samples = evaluate_sample_num_per_epoch
        if samples is not None:
            samples = integer("evaluate_sample_num_per_epoch", samples, least=1)
        self.evaluate_sample_num_per_epoch = samples
        if not isinstance(optimizer, str):
            raise wrong_kind("optimizer", optimizer, "이름(문자열)", "a name")
        make = _OPTIMIZERS[choice("optimizer", optimizer.lower(), tuple(_OPTIMIZERS))]
        try:
            self.optimizer = make(**optimizer_param)
        except TypeError as error:
            if isinstance(error, ArgumentError):
                raise
            raise ArgumentError(
                f"optimizer_param이 {optimizer}에 맞지 않습니다: {optimizer_param}.",
                f"optimizer_param does not fit {optimizer}: {optimizer_param} ({error}).",
            ) from None
        self.train_size = x_train.shape[0]
        self.iter_per_epoch = max(self.train_size / self.batch_size, 1)
        self.max_iter = int(self.epochs * self.iter_per_epoch)
        self.current_iter = 0
        self.current_epoch = 0
        self.train_loss_list: list[Any] = []
        self.train_acc_list: list[Any] = []
        self.test_acc_list: list[Any] = []

    def train_step(self) -> None:
        """한 번 갱신하고 기록한다.

        One update, and what is kept of it.
        """
        chosen = np.random.choice(self.train_size, self.batch_size)
        x, t = self.x_train[chosen], self.t_train[chosen]
        grads = self.network.gradient(x, t)
        self.optimizer.update(self.network.params, grads)
        loss = self.network.loss(x, t)
        self.train_loss_list.append(loss)
        self._say(f"train loss:{loss}")
        if self.current_iter % self.iter_per_epoch == 0:
            self.current_epoch += 1
            first = slice(self.evaluate_sample_num_per_epoch)
            train_acc = self.network.accuracy(self.x_train[first], self.t_train[first])
            test_acc = self.network.accuracy(self.x_test[first], self.t_test[first])
            self.train_acc_list.append(train_acc)
            self.test_acc_list.append(test_acc)
            self._say(
                f"=== epoch:{self.current_epoch}, train acc:{train_acc}, test acc:{test_acc} ==="
            )
        self.current_iter += 1

    def train(self) -> None:
        """에폭 수만큼 훈련한다.

        Train for all of the epochs.
        """
        for _ in range(self.max_iter):
            self.train_step()
        test_acc = self.network.accuracy(self.x_test, self.t_test)
        self._say("=============== Final Test Accuracy ===============")
        self._say(f"test acc:{test_acc}")

    def _say(self, line: str) -> None:
        if self.verbose:
            print(line)

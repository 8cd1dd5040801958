"""책의 다층 신경망에 드롭아웃과 배치 정규화를 더한 것.

The network of chapter 6 with dropout and batch normalisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_kr.book.gradient import numerical_gradient
from tinygrad_kr.book.layers import BatchNormalization, Dropout
from tinygrad_kr.book.multi_layer_net import Network, activation_of, sizes_of
from tinygrad_kr.dtypes import Array
from tinygrad_kr.hyperparameters import flag

__all__ = ["MultiLayerNetExtend", "np", "numerical_gradient"]


class MultiLayerNetExtend(Network):
    """완전연결 다층 신경망: 가중치 감소, 드롭아웃, 배치 정규화.

    :class:`~tinygrad_kr.book.multi_layer_net.MultiLayerNet` with dropout and batch normalisation.

    Args:
        input_size, hidden_size_list, output_size, activation, weight_init_std,
            weight_decay_lambda: as there.
        use_dropout: drop neurons after each activation.
        dropout_ration: the share that is dropped, 0 ... 1.
        use_batchnorm: normalise before each activation, by parameters ``gamma1``, ``beta1`` ...

    Source:
        「밑바닥부터 시작하는 딥러닝」 6.3, 6.4
    """

    def __init__(
        self,
        input_size: int,
        hidden_size_list: Sequence[int],
        output_size: int,
        activation: str = "relu",
        weight_init_std: str | float = "relu",
        weight_decay_lambda: float = 0,
        use_dropout: bool = False,
        dropout_ration: float = 0.5,
        use_batchnorm: bool = False,
    ) -> None:
        sizes = sizes_of(input_size, hidden_size_list, output_size)
        activated = activation_of(activation)
        self.use_dropout = flag("use_dropout", use_dropout)
        self.use_batchnorm = flag("use_batchnorm", use_batchnorm)
        Dropout(dropout_ration)  # refuses a wrong ratio, used or not
        super().__init__(sizes, weight_init_std, weight_decay_lambda)
        for i, size in enumerate(sizes[1:-1], start=1):
            self._affine(i)
            if use_batchnorm:
                gamma, beta = np.ones(size), np.zeros(size)
                self.params |= {f"gamma{i}": gamma, f"beta{i}": beta}
                self._add(f"BatchNorm{i}", BatchNormalization(gamma, beta), i)
            self._add(f"Activation_function{i}", activated(), i)
            if use_dropout:
                self._add(f"Dropout{i}", Dropout(dropout_ration), i)
        self._affine(len(sizes) - 1)

    def predict(self, x: Any, train_flg: bool = False) -> Array:
        """점수(소프트맥스 전의 출력).

        The scores, before the softmax; with ``train_flg`` as in training.
        """
        return self._predict(x, train_flg)

    def loss(self, x: Any, t: Any, train_flg: bool = False) -> Any:
        """손실.

        The loss on inputs and targets, with the weights' decay; with ``train_flg`` as in training.
        """
        return self._loss(x, t, train_flg)

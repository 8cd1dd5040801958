"""
배치 정규화는 오버피팅을 막는가
===============================

배치 정규화(batch normalization)에는 세 가지 장점이 있다고 합니다. 학습이 빨라지고, 초깃값에 덜
매달리고, 오버피팅(overfitting)을 억제한다는 것입니다. 앞의 둘은 :doc:`ch06_batch_norm` 에서
보았습니다. 이 실험은 셋째 말을 책의 오버피팅 설정에서 잽니다. 책의 6.3절과 6.4.1절입니다. 미리
말하면, 여기서는 **그렇지 않았습니다**.

The third claim made for batch normalization, less overfitting, measured as found: with 300 images
and the chapter's network it does not hold.
"""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.networks import accuracy, batches, fit, mlp, mnist
from tinygrad_kr import optim
from tinygrad_kr.viz import curves, say

run = begin()
x, t, x_test, t_test = mnist(300, run.pick(quick=1000, default=10_000))
SEEDS = run.pick(quick=2, default=3, full=10)

# %%
# 설정
# ----
#
# 300장으로 784-[100]×6-10을 배웁니다. He 초깃값, SGD, 학습률(learning rate) 0.01, 미니배치 100장,
# 201에폭(epoch)입니다. 다른 것은 배치 정규화 하나뿐입니다. 한 번의 결과는 우연일 수 있으니 씨앗을
# 바꾸어 가며 되풀이합니다. 열 에폭마다 훈련 정확도와 시험 정확도를 적습니다.


def learn(batch_norm: bool, size: int, lr: float, epochs: int) -> Any:
    """(씨앗, 훈련과 시험, 시점)의 정확도."""
    runs = []
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        model = mlp([784, 100, 100, 100, 100, 100, 100, 10], batch_norm=batch_norm)
        optimizer = optim.SGD(model.parameters(), lr=lr)
        scores = []
        for epoch in range(epochs):
            fit(model, optimizer, batches(x, t, size))
            if epoch % 10 == 0:
                scores.append((accuracy(model, x, t), accuracy(model, x_test, t_test)))
        runs.append(np.transpose(scores))
    return np.array(runs)


def report(without: Any, with_norm: Any) -> Any:
    """마지막 정확도를 말하고, 씨앗마다 차이가 얼마나 더 커졌는지 돌려준다."""
    gaps = []
    for name, scores in (("없이(without)", without), ("있이(with)", with_norm)):
        train, test = scores[:, :, -1].T
        gaps.append(train - test)
        print(f"  {name:12}  훈련(train) {train.mean():.3f}  시험(test) {test.mean():.3f}  "
              f"차이(gap) {gaps[-1].mean():.3f}")  # fmt: skip
    return gaps[1] - gaps[0]


# %%
# 책의 설정에서
# -------------
#
# 오버피팅의 정도를 훈련 정확도와 시험 정확도의 차이로 잽니다. 배치 정규화를 하면 이 차이가
# 줄기는커녕 크게 벌어집니다. 씨앗을 바꾸어도 같습니다. 훈련 정확도는 둘 다 1이니, 시험 정확도가
# 떨어진 것입니다.

EPOCHS = run.pick(quick=61, default=201)
chapter = learn(False, 100, 0.01, EPOCHS), learn(True, 100, 0.01, EPOCHS)
print(f"미니배치(mini-batch) 100, lr 0.01, {EPOCHS}에폭(epochs), 씨앗(seeds) {SEEDS}개")
wider = report(*chapter)
assert (wider > 0.1).all()

# %%
# 작은 미니배치에서는
# -------------------
#
# 그렇다면 오버피팅을 키우는 기법인가 하면, 그것도 아닙니다. 미니배치만 20장으로 바꾸면 두 신경망의
# 차이가 거의 같아집니다. μ와 σ를 적은 수의 이미지로 재면 같은 이미지도 걸음마다 조금씩 다른 값이
# 됩니다. 이 흔들림이 규제(regularization) 노릇을 한다는 설명이 있습니다. 300장을 100장씩 나누면
# 흔들림이 작습니다. 다만 에폭마다 갱신하는 횟수도 함께 늘었으니, 이 실험만으로 까닭을 하나로 정할
# 수는 없습니다.

SHORT = run.pick(quick=31, default=101)
small = learn(False, 20, 0.01, SHORT), learn(True, 20, 0.01, SHORT)
print(f"미니배치(mini-batch) 20, lr 0.01, {SHORT}에폭(epochs), 씨앗(seeds) {SEEDS}개")
assert np.abs(report(*small)).max() < wider.min() / 2

# %%
# 그림에서 볼 것
# --------------
#
# 위가 책의 설정, 아래가 작은 미니배치입니다. 띠는 씨앗에 따른 ± 표준편차입니다. 위에서는 두 시험
# 곡선 사이가 훤히 벌어져 있고, 아래에서는 거의 붙어 있습니다. 그래도 배치 정규화를 한 쪽이 조금
# 낮습니다.
#
# "오버피팅을 억제한다"는 언제나 참인 성질이 아니라 설정에 달린 결과입니다. 오버피팅이 걱정이라면
# 가중치 감소(weight decay)와 드롭아웃(dropout)이 먼저입니다. 그리고 재 보아야 합니다.

fig, axes = plt.subplots(2, 1, figsize=(8, 6.5))
for ax, pair, title in (
    (axes[0], chapter, say("미니배치 100장", "mini-batches of 100")),
    (axes[1], small, say("미니배치 20장", "mini-batches of 20")),
):
    names = say("없이", "without"), say("배치 정규화 있이", "with batch norm")
    parts = say("훈련", "training"), say("시험", "test")
    lines = {
        f"{part}, {name}": scores[:, i]
        for name, scores in zip(names, pair, strict=True)
        for i, part in enumerate(parts)
    }
    epochs = 1 + 10 * np.arange(pair[0].shape[2])
    curves(lines, ax, x=epochs, xlabel=say("에폭", "Epoch"), ylabel=say("정확도", "Accuracy"))
    ax.set(title=title, ylim=(0, 1.02))
run.finish("ch06_batch_norm_overfitting")

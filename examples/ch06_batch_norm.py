"""
배치 정규화와 초깃값
====================

초깃값을 잘 고르면 활성화값(activation)이 알맞게 퍼집니다. 그렇다면 퍼지도록 강제하면 어떨까요?
배치 정규화(batch normalization)는 층마다 미니배치의 평균을 0, 분산을 1로 맞춘 뒤 γ를 곱하고 β를
더합니다. 학습이 빨라지고 초깃값에 덜 매달리게 되는지 열여섯 가지 초깃값으로 봅니다. 책의
6.3.2절입니다.

With batch normalization the network learns at nearly every standard deviation of its first
weights, without it at few.
"""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.networks import accuracy, batches, fit, mlp, mnist
from tinygrad_kr import optim
from tinygrad_kr.viz import say

run = begin()
x, t, _, _ = mnist(1000, 1)
SCALES = np.logspace(0, -4, 16)[run.pick(quick=[2, 6, 8, 14], default=[*range(16)])]
EPOCHS = 20

# %%
# 한 번의 학습
# ------------
#
# 훈련 데이터(training data)는 1,000장뿐이고, 은닉층(hidden layer)은 다섯입니다. SGD로
# 20에폭(epoch)을 배우며 에폭마다 정확도(accuracy)를 잽니다. ``convention="book"`` 은 책의 배치
# 정규화입니다. 분모의 ε이 10⁻⁶입니다(PyTorch는 10⁻⁵). 아래에서 이 차이가 드러납니다.


def learn(scale: float, batch_norm: bool, convention: str = "book") -> list[float]:
    """에폭마다의 훈련 정확도. 첫 수는 배우기 전이다."""
    torch.manual_seed(0)
    sizes = [784, 100, 100, 100, 100, 100, 10]
    model = mlp(sizes, init=float(scale), batch_norm=batch_norm, convention=convention)
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    scores = [accuracy(model, x, t)]
    for _ in range(EPOCHS):
        fit(model, optimizer, batches(x, t, 100))
        scores.append(accuracy(model, x, t))
    return scores


# %%
# 열여섯 가지 초깃값
# ------------------
#
# 가중치(weight)의 표준편차를 1에서 0.0001까지 고르게(로그 눈금으로) 줄여 갑니다. 정확도가 30 %를
# 넘으면 "배웠다"고 하겠습니다. 찍으면 10 %쯤입니다.

with_norm = np.array([learn(scale, True) for scale in SCALES])
without = np.array([learn(scale, False) for scale in SCALES])
print("표준편차(std)  배치 정규화 있이(with)  없이(without)")
for scale, a, b in zip(SCALES, with_norm, without, strict=True):
    print(f"{scale:12.5f}  {a[-1]:22.3f}  {b[-1]:13.3f}")
learned, alone = (int((scores[:, -1] > 0.3).sum()) for scores in (with_norm, without))
print(f"{len(SCALES)}개 가운데 배운 것(learned): 있이(with) {learned}, 없이(without) {alone}")
assert learned >= 0.9 * len(SCALES)
assert 1 <= alone <= 0.25 * len(SCALES)

# %%
# 빨라지는가
# ----------
#
# 표준편차마다 견주는 것은 공평하지 않을 수 있습니다. 좋은 초깃값이 서로 다르기 때문입니다. 그래서
# 저마다 가장 좋은 초깃값을 쓰게 합니다.
# 정확도 90 %에 이른 에폭을 견줍니다.


def first_epoch(scores: Any) -> int:
    """어느 하나라도 정확도 90 %를 넘은 첫 에폭."""
    return int((scores.max(axis=0) > 0.9).argmax())


fast, slow = first_epoch(with_norm), first_epoch(without)
print(f"90 %를 넘은 에폭(epoch of 90 %): 있이(with) {fast}, 없이(without) {slow}")
assert 0 < fast < slow

# %%
# 그림에서 볼 것
# --------------
#
# - **실선(있이)** 은 모든 칸에서 올라갑니다. **점선(없이)** 은 두세 칸에서만 올라가고 나머지에서는
#   바닥에 붙어 있습니다. 표준편차가 큰 칸에서는 값이 넘쳐 nan이 되었고, 작은 칸에서는 신호가
#   사라졌습니다.
# - 그렇다고 초깃값이 아무래도 좋은 것은 아닙니다. 가운데 칸들이 가장 빠르고, 맨 아랫줄은
#   절반쯤에서 멈춥니다.
# - 표준편차가 0.29와 0.16인 칸에서는 점선이 앞섭니다. 배치 정규화를 하면 가중치를 열 배 해도
#   출력은 같습니다. 그 대신 기울기(gradient)가 1/10이 되므로, 큰 가중치는 좀처럼 방향을 바꾸지
#   못합니다.

ROWS = len(SCALES) // 4
fig, axes = plt.subplots(ROWS, 4, figsize=(9, 1 + 2 * ROWS), sharex=True, sharey=True)
for ax, scale, a, b in zip(axes.flat, SCALES, with_norm, without, strict=True):
    ax.plot(a, label=say("배치 정규화 있이", "with batch norm"))
    ax.plot(b, "--", label=say("없이", "without"))
    ax.set(title=f"std {scale:.5f}", ylim=(0, 1.02))
axes.flat[0].legend(loc="upper left")
fig.supxlabel(say("에폭", "Epoch"))
fig.supylabel(say("훈련 정확도", "Training accuracy"))
run.finish("ch06_batch_norm")

# %%
# ε 하나의 차이
# -------------
#
# 표준편차가 0.0001이면 첫 층에서 정규화할 값의 분산이 5 × 10⁻⁷쯤입니다. 배치 정규화는 √(σ² +
# ε)으로 나눕니다. ε이 분산보다 크면 정규화한 값의 표준편차는 1에 못 미칩니다. ε = 10⁻⁶이면 0.57, ε
# = 10⁻⁵이면 0.21입니다. 그 작은 값이 다음 층에 들어가 더 작아집니다. 열 배 다른 ε 하나가
# "배운다"와 "못 배운다"를 갈랐습니다.

finals = {name: learn(1e-4, True, name)[-1] for name in ("book", "torch")}
print(f"std 0.0001의 훈련 정확도(training accuracy) {finals}")
assert finals["book"] > 0.3 > finals["torch"]

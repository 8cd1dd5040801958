"""
초깃값과 MNIST
==============

:doc:`ch06_activations` 에서 본 초깃값들로 정말 배워 봅니다. 신경망과 데이터와 미니배치는 모두 같고
첫 가중치(weight)만 다릅니다. 책의 6.2.1절과 6.2.4절입니다.

The same network from four initial values: std 0.01 and zeros do not learn at all, He learns first.
"""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.networks import accuracy, batches, fit, mlp, mnist
from tinygrad_kr import nn, optim
from tinygrad_kr.viz import curves, say

run = begin()
x, t, x_test, t_test = mnist(run.pick(quick=10_000, default=None), 10_000)
SIZES = [784, 100, 100, 100, 100, 10]
STEPS = run.pick(quick=400, default=2000)
WINDOW = STEPS // 20


def learn(model: nn.Sequential) -> list[float]:
    """책의 설정: 미니배치 128장, SGD, 학습률 0.01."""
    return fit(model, optim.SGD(model.parameters(), lr=0.01), batches(x, t, 128, STEPS))


# %%
# 네 가지 초깃값
# --------------
#
# 표준편차 0.01, Xavier, He 그리고 0입니다. 활성화 함수(activation function)는 ReLU입니다. ``init``
# 에 수를 주면 그 표준편차로 가중치를 뽑습니다. 0을 주면 모두 0입니다.

losses, models = {}, {}
for name, init in (("std 0.01", 0.01), ("Xavier", "xavier"), ("He", "he"), ("zeros", 0.0)):
    torch.manual_seed(0)
    models[name] = mlp(SIZES, activation="relu", init=init)
    losses[name] = learn(models[name])
    print(
        f"{name:9} 마지막 {WINDOW}걸음의 손실(loss) {np.mean(losses[name][-WINDOW:]):.3f}  "
        f"시험 정확도(test accuracy) {accuracy(models[name], x_test, t_test):.3f}"
    )

for name in ("std 0.01", "zeros"):
    assert abs(np.mean(losses[name][-WINDOW:]) - np.log(10)) < 0.01

averages = {name: np.convolve(losses[name], np.ones(20) / 20, "valid") for name in losses}
arrival = {name: int((averages[name] < 1.5).argmax()) for name in ("Xavier", "He")}
print(f"손실이 1.5 아래로 내려간 걸음(the step at which the loss fell below 1.5): {arrival}")
assert 0 < 2 * arrival["He"] < arrival["Xavier"]

# %%
# 손실 2.30은 찍기이다
# --------------------
#
# std 0.01과 zeros의 손실은 2.30에서 움직이지 않습니다. 열 가지 숫자에 똑같이 1/10씩 걸면 교차
# 엔트로피 오차(cross-entropy error)가 −log(1/10) ≈ 2.303입니다. 곧 아무것도 모른다는 뜻입니다. std
# 0.01은 층을 지날 때마다 값이 십여 분의 일로 줄어, 마지막 층에는 어떤 숫자를 보여 주어도 거의 0이
# 옵니다. 되돌아오는 기울기(gradient)도 그만큼 작습니다.
#
# 0으로 시작한 신경망은 더합니다. 은닉층(hidden layer)의 출력이 0이니 가중치의 기울기가 정확히
# 0입니다. 배울 수 있는 것은 마지막 층의 편향(bias)뿐입니다. 다 배운 뒤에도 은닉층의 가중치는 한
# 비트도 바뀌지 않았습니다.

moved = [name for name, p in models["zeros"].named_parameters() if bool((p != 0).any())]
print(f"zeros에서 움직인 매개변수(parameters that moved): {moved}")
assert moved == ["8.bias"]

# %%
# 0이 아닌 상수도 안 된다
# -----------------------
#
# 그렇다면 0.01처럼 0이 아닌 상수는 어떨까요? 이번에는 배웁니다. 그런데 같은 층의 뉴런(neuron)들이
# 모두 같은 값을 내고 같은 기울기를 받으니, 갱신한 뒤에도 똑같습니다. 백 개가 있어도 한 개입니다.
# 가중치의 대칭이 깨지지 않습니다. 초깃값을 무작위로 뽑는 까닭이 이것입니다(6.2.1절).

models["constant"] = mlp(SIZES, init=0.0)
for parameter in models["constant"].parameters():
    if parameter.ndim == 2:
        nn.init.constant_(parameter, 0.01)
losses["constant"] = learn(models["constant"])
first = {name: models[name][0].weight.detach().numpy() for name in ("constant", "He")}
for name, weight in first.items():
    print(
        f"{name:9} 손실(loss) {np.mean(losses[name][-WINDOW:]):.3f}  "
        f"1층 뉴런들의 차이(spread over the neurons of layer 1) {np.ptp(weight, axis=0).max():.1e}"
    )
assert np.ptp(first["constant"], axis=0).max() < 1e-6 < 1e-3 < np.ptp(first["constant"])

# %%
# 그림에서 볼 것
# --------------
#
# - 왼쪽: **std 0.01** 과 **zeros** 는 2.30에 붙은 한 줄입니다. **He** 가 먼저 내려가고 **Xavier**
#   가 따라갑니다. ReLU를 지나며 줄어드는 만큼 Xavier의 출발이 늦습니다. **constant** 는 한참
#   뒤에야 조금씩 내려갑니다.
# - 오른쪽: 첫 층 뉴런 네 개의 가중치를 28 × 28로 놓은 것입니다. 상수에서 시작한 네 뉴런은 도장을
#   찍은 듯 같습니다. He에서 시작한 네 뉴런은 저마다 다릅니다.

fig = plt.figure(figsize=(10, 4))
panels: Any = fig.subfigures(1, 2, width_ratios=[1.3, 1])
left, right = panels
ax = left.subplots()
curves(
    losses, ax, smooth=WINDOW, xlabel=say("걸음", "Step"), ylabel=say("훈련 손실", "Training loss")
)
rows = right.subplots(2, 4)
for row, name in zip(rows, ("constant", "He"), strict=True):
    row[0].set_ylabel(name)
    for i, cell in enumerate(row):
        cell.imshow(first[name][i].reshape(28, 28), cmap="gray")
        cell.set(xticks=[], yticks=[], title=say(f"뉴런 {i + 1}", f"neuron {i + 1}"))
run.finish("ch06_initial_values")

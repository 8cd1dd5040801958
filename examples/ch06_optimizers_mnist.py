"""
MNIST로 견주는 옵티마이저
=========================

그릇 모양의 함수에서 본 다섯 가지 규칙을 진짜 신경망에 써 봅니다. 은닉층(hidden layer) 네 개,
뉴런(neuron) 백 개씩인 신경망이 손글씨 숫자를 배웁니다. 신경망도 첫 가중치도 데이터가 나오는 차례도
같습니다. 다른 것은 옵티마이저(optimizer)뿐입니다. 책의 6.1.8절입니다.

Five update rules teach the same network the digits of MNIST; SGD comes in last, at its default
rate.
"""

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.networks import accuracy, batches, fit, mlp, mnist
from tinygrad_kr import optim
from tinygrad_kr.viz import curves, say

run = begin()
x, t, x_test, t_test = mnist(run.pick(quick=10_000, default=None), 10_000)
STEPS = run.pick(quick=300, default=2000)
WINDOW = STEPS // 10

# %%
# 규칙과 학습률
# -------------
#
# 학습률(learning rate)은 책의 기본값입니다. SGD와 RMSProp은 다른 학습률로도 한 번씩 더 배웁니다.
# 까닭은 그림을 보고 이야기합니다.

RULES = {
    "SGD": (optim.SGD, 0.01),
    "SGD 0.1": (optim.SGD, 0.1),
    "Momentum": (optim.Momentum, 0.01),
    "AdaGrad": (optim.AdaGrad, 0.01),
    "RMSProp": (optim.RMSProp, 0.01),
    "RMSProp 0.001": (optim.RMSProp, 0.001),
    "Adam": (optim.Adam, 0.001),
}

# %%
# 같은 조건에서 배우기
# --------------------
#
# 784-100-100-100-100-10, 활성화 함수(activation function)는 ReLU, 초깃값은 He입니다. 미니배치는
# 128장입니다. 규칙마다 씨앗을 새로 심으니 첫 가중치와 미니배치가 모두 같습니다. ``fit`` 은
# PyTorch식 훈련 반복문입니다. ``model(x)``, ``zero_grad``, ``backward``, ``step`` 을 미니배치마다
# 되풀이하고 손실을 적습니다.

losses = {}
for name, (rule, lr) in RULES.items():
    torch.manual_seed(0)
    model = mlp([784, 100, 100, 100, 100, 10], activation="relu", init="he")
    optimizer = rule(model.parameters(), lr=lr)
    losses[name] = fit(model, optimizer, batches(x, t, 128, STEPS))
    print(
        f"{name:14} 마지막 {WINDOW}걸음의 손실(loss) {np.mean(losses[name][-WINDOW:]):.3f}  "
        f"시험 정확도(test accuracy) {accuracy(model, x_test, t_test):.3f}"
    )

last = {name: np.mean(values[-WINDOW:]) for name, values in losses.items()}
assert max(last, key=lambda name: last[name]) == "SGD"
for name in ("Momentum", "AdaGrad", "Adam", "RMSProp 0.001"):
    assert last["SGD"] > 2 * last[name]
assert abs(last["SGD 0.1"] / last["Momentum"] - 1) < 0.2
assert last["RMSProp"] > 2 * last["RMSProp 0.001"]

# %%
# 그림에서 볼 것
# --------------
#
# 손실은 로그 눈금입니다. 미니배치마다 들쭉날쭉하므로 이동평균을 그렸습니다.
#
# - **SGD** 가 혼자 뒤처집니다. 처음 수백 걸음에서 벌어진 틈이 끝까지 남습니다.
# - **Momentum, AdaGrad, Adam** 이 앞섭니다. 셋 가운데서는 Momentum이 조금 처집니다.
# - **SGD 0.1** 은 Momentum과 거의 겹칩니다. α = 0.9인 속도(velocity)는 같은 기울기(gradient)를
#   1/(1 − 0.9) = 10배까지 쌓습니다. 이 문제에서 Momentum이 앞선 까닭은 대부분 걸음이 열 배
#   크기 때문입니다.
# - **RMSProp 0.001** 은 Adam과 나란하고, 0.01인 RMSProp은 SGD 가까이 물러납니다. 이 두 규칙은
#   기울기를 그 크기로 나누므로 한 걸음의 길이가 거의 학습률 자체입니다. 크기가 0.1쯤인
#   가중치(weight)를 0.01씩 움직이니 자리를 잡지 못합니다.
#
# 그러니 "어느 규칙이 가장 좋은가"만 물어서는 모자랍니다. "어느 규칙에 어느 학습률인가"를 물어야
# 합니다.

fig, ax = plt.subplots(figsize=(8, 4.5))
curves(
    losses,
    ax,
    smooth=WINDOW // 4,
    xlabel=say("걸음", "Step"),
    ylabel=say("훈련 손실", "Training loss"),
)
ax.set(yscale="log", ylim=(None, 3))
ax.set_title(say("MNIST, 784-[100]×4-10, ReLU, He 초깃값", "MNIST, 784-[100]×4-10, ReLU, He"))
run.finish("ch06_optimizers_mnist")

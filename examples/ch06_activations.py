"""
초깃값과 활성화값의 분포
========================

신경망은 아직 아무것도 배우지 않았습니다. 첫 가중치(weight)를 뽑았을 뿐입니다. 그런데 데이터를 한
번 흘려보내 보면 이 신경망이 배울 수 있을지 벌써 짐작할 수 있습니다. 다섯 층의
활성화값(activation)을 히스토그램으로 그립니다. 책의 6.2.2절과 6.2.3절입니다.

Histograms of what five layers give out, for six initial values and three activation functions.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from tinygrad_kr import Tensor, nn
from tinygrad_kr.viz import say

run = begin()

# %%
# 여섯 가지 초깃값
# ----------------
#
# 데이터는 표준 정규 분포를 따르는 100차원의 점 1,000개이고, 가중치는 층마다 100 × 100입니다. 앞
# 층의 뉴런(neuron) 수를 n이라 하면 Xavier의 표준편차는 1/√n = 0.1, He의 표준편차는 √(2/n) ≈
# 0.14입니다. 여섯 번 모두 같은 데이터로 시작합니다.

INITIAL_VALUES: dict[str, Callable[[Tensor], Tensor]] = {
    "zeros": nn.init.zeros_,
    "uniform": nn.init.uniform_,
    "std 1": partial(nn.init.normal_, std=1),
    "std 0.01": partial(nn.init.normal_, std=0.01),
    "Xavier": nn.init.xavier_normal_,
    "He": partial(nn.init.kaiming_normal_, nonlinearity="relu"),
}


def five_layers(activation: Callable[[Tensor], Tensor]) -> dict[str, Any]:
    """초깃값마다 다섯 층의 활성화값, (5, 1000, 100)."""
    values = {}
    for name, fill in INITIAL_VALUES.items():
        torch.manual_seed(0)
        z, layers = torch.randn(1000, 100), []
        for _ in range(5):
            z = activation(z @ fill(torch.empty(100, 100)))
            layers.append(z.numpy())
        values[name] = np.array(layers, np.float64)
    return values


def report(title: str, rows: dict[str, Any]) -> None:
    """층마다 한 수."""
    print(title)
    for name, numbers in rows.items():
        print(f"  {name:13}", *(f"{number:8.2g}" for number in numbers))


def draw(title: str, values: dict[str, Any], low: float = 0, high: float | None = None) -> None:
    """행은 초깃값, 열은 층. ``high`` 가 없으면 가로축은 행마다 맞춘다."""
    fig, axes = plt.subplots(6, 5, figsize=(9, 7.5))
    for row, (name, layers) in zip(axes, values.items(), strict=True):
        end = np.percentile(layers, 99.9) or 1 if high is None else high
        for ax, layer in zip(row, layers, strict=True):
            heights, *_ = ax.hist(layer.ravel(), 30, range=(low, end), histtype="stepfilled")
            if high is None and heights[1:].any():
                ax.set_ylim(0, 1.2 * heights[1:].max())
            ax.set(xlim=(low, end), yticks=[])
            ax.locator_params(axis="x", nbins=3)
        row[0].set_ylabel(name)
    for i, ax in enumerate(axes[0], start=1):
        ax.set_title(say(f"{i}층", f"layer {i}"))
    fig.suptitle(title)


# %%
# 시그모이드: 양 끝이나 한가운데
# ------------------------------
#
# 네 가지 병을 찾아보세요.
#
# - **std 1**: 값이 0과 1에 몰립니다. 거기서 시그모이드(sigmoid)의 미분 y(1 − y)는 0에 가깝습니다.
#   오차역전파법(backpropagation)은 층을 지날 때마다 이 미분을 곱하므로, 양 끝에 붙은 뉴런은
#   기울기(gradient)를 거의 넘겨주지 않습니다. 기울기 소실(vanishing gradient)이 여기서 시작됩니다.
# - **uniform**: 균등 분포 [0, 1)로 뽑으면 가중치가 모두 양수라 더 나쁩니다. 셋째 층부터는
#   1뿐입니다.
# - **std 0.01**: 값이 0.5에 몰립니다. 미분은 가장 큰 1/4이지만 뉴런 백 개가 모두 같은 말을 합니다.
#   그렇다면 뉴런 하나와 다를 것이 없습니다. 표현력 제한(limited expressiveness)입니다.
# - **zeros**: 모두 정확히 0.5입니다. 상수로 시작한 은닉층(hidden layer)의 뉴런들은 배운 뒤에도
#   서로 같습니다. 이것은 :doc:`ch06_initial_values` 에서 확인합니다.
#
# **Xavier** 는 그 사이입니다. 다섯째 층까지 값이 퍼져 있고 양 끝에 붙지도 않습니다.

sigmoid = five_layers(torch.sigmoid)
beyond = {name: ((v < 0.05) | (v > 0.95)).mean(axis=(1, 2)) for name, v in sigmoid.items()}
spread = {name: v.std(axis=(1, 2)) for name, v in sigmoid.items()}
report("sigmoid: 0.05보다 작거나 0.95보다 큰 비율(share below .05 or above .95)", beyond)
report("sigmoid: 표준편차(standard deviation)", spread)
assert 0.74 < beyond["std 1"][0] < 0.80
assert all(0.60 < share < 0.73 for share in beyond["std 1"][1:])
assert (sigmoid["uniform"][2:] > 0.95).all()
assert (sigmoid["zeros"] == 0.5).all()
assert np.abs(sigmoid["std 0.01"][1:] - 0.5).max() < 0.1
assert beyond["Xavier"].max() < 0.01
assert spread["Xavier"][4] > 0.5 * spread["Xavier"][0] > 0.1

draw(say("시그모이드의 활성화값", "Activations of the sigmoid"), sigmoid, 0, 1)
run.finish("ch06_activations_sigmoid")

# %%
# tanh: 가운데가 0이면
# --------------------
#
# tanh는 원점에 대칭이라 값이 0을 가운데 두고 퍼집니다. 병은 같습니다. std 1은 −1과 1에 몰리고, std
# 0.01은 층마다 열 배씩 줄어 0이 됩니다. Xavier는 끝까지 넓습니다. 폭이 조금씩 주는 것은 tanh가
# 원점 근처에서만 y = x이고 그 밖에서는 값을 누르기 때문입니다.

tanh = five_layers(torch.tanh)
spread = {name: v.std(axis=(1, 2)) for name, v in tanh.items()}
report("tanh: 표준편차(standard deviation)", spread)
assert (np.abs(tanh["std 1"]) > 0.9).mean() > 0.85
assert (spread["std 0.01"][1:] < 0.12 * spread["std 0.01"][:-1]).all()
assert spread["Xavier"][4] > 0.5 * spread["Xavier"][0]

draw(say("tanh의 활성화값", "Activations of tanh"), tanh, -1, 1)
run.finish("ch06_activations_tanh")

# %%
# 히스토그램이 말해 주지 않는 것
# ------------------------------
#
# 시그모이드와 Xavier의 히스토그램은 고르게 퍼져 있었습니다. 그런데 이 그림은 뉴런 백 개와 데이터
# 천 개를 한데 섞은 것입니다. 무엇을 보여 주든 같은 값만 내는 뉴런들이라도 그 값이 저마다 다르면
# 넓게 퍼져 보입니다. 셋째 층부터 히스토그램이 울퉁불퉁한 것이 그 흔적입니다. 봉우리 하나가 거의
# 굳어 버린 뉴런 몇 개입니다. 그래서 데이터가 바뀔 때 뉴런 하나가 얼마나 움직이는지 따로 잽니다.
#
# 시그모이드에서는 이 폭이 층마다 네 배씩 줄어듭니다. 미분이 기껏해야 1/4이기 때문입니다. std
# 0.01이면 마흔 배씩입니다. tanh와 Xavier에서는 다섯째 층까지 절반이 남습니다. 활성화
# 함수(activation function)는 원점에 대칭인 것이 좋다는 말이 여기서 수로 보입니다. 되돌아가는
# 기울기도 같은 배율로 줄어듭니다. :doc:`ch06_gradient_flow` 에서 봅니다.

moves = {
    f"{kind} {name}": values[name].std(axis=1).mean(axis=1)
    for kind, values in (("σ", sigmoid), ("tanh", tanh))
    for name in ("std 0.01", "Xavier")
}
report("데이터에 따라 움직이는 폭(how far a neuron moves with the data)", moves)
shrink = {name: width[:-1] / width[1:] for name, width in moves.items()}
assert (shrink["σ Xavier"] > 3.5).all()
assert (shrink["σ std 0.01"][:2] > 35).all()  # further down, float32 is too coarse near 0.5
assert moves["tanh Xavier"][4] > 0.5 * moves["tanh Xavier"][0]

# %%
# ReLU: He 초깃값이 필요한 까닭
# -----------------------------
#
# ReLU는 음수를 모두 0으로 만듭니다. 맨 왼쪽의 높은 막대가 그 절반입니다. 너무 높아서 그림에서는
# 위를 잘랐습니다. 나머지 절반의 모양을 보세요.
#
# - **Xavier**: 층이 깊어질수록 0 쪽으로 줄어듭니다. 절반을 버리니 제곱의 평균이 층마다 반이
#   됩니다. 폭은 1/√2씩 네 번, 곧 1/4이 됩니다.
# - **He**: 가중치의 분산을 두 배로 해서 버린 절반을 메웁니다. 다섯 층의 모양이 같습니다.
# - **std 1** 과 **uniform** 은 층마다 몇 배씩 커집니다. 가로축의 수를 보세요.

relu = five_layers(torch.relu)
spread = {name: v.std(axis=(1, 2)) for name, v in relu.items()}
report("ReLU: 표준편차(standard deviation)", spread)
assert 0.55 < spread["Xavier"][0] < 0.62
assert 0.12 < spread["Xavier"][4] < 0.17
assert (np.abs(spread["He"] / spread["He"][0] - 1) < 0.1).all()
assert (spread["std 1"][1:] > 5 * spread["std 1"][:-1]).all()

draw(say("ReLU의 활성화값", "Activations of ReLU"), relu)
run.finish("ch06_activations_relu")

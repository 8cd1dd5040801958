"""
배치 정규화의 기울기 확인
=========================

배치 정규화(batch normalization)의 역전파(backpropagation)는 6장에서 가장 틀리기 쉬운 식입니다. μ와
σ²도 x에 따라 움직이므로 길이 셋이나 되기 때문입니다. 오차역전파법으로 구한 기울기(gradient)를 수치
미분(numerical differentiation)과 견주어 확인합니다. 책의 5.7.3절에서 한 기울기 확인(gradient
check)을 6.3절의 신경망에 하는 것입니다.

Every gradient of a network with batch normalization equals the numerical one to 1e-7; and why a
batch of one proves nothing.
"""

from itertools import product
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.networks import mlp, mnist
from tinygrad_kr import Tensor
from tinygrad_kr.nn import functional as F
from tinygrad_kr.testing import numerical_gradient
from tinygrad_kr.viz import say

run = begin()

# %%
# 준비
# ----
#
# - **float64**: float32는 일곱 자리쯤이라 차이를 h로 나누면 남는 자리가 없습니다.
# - **여덟 장**: MNIST를 7 × 7로 줄여 49차원으로 씁니다.
# - **교차 엔트로피 오차(cross-entropy error)** 에는 10⁻⁷을 더하지 않습니다. 더한 값의 기울기는 (y
#   − t)/N이 아닙니다.
# - γ와 β는 1과 0에서 조금 흔들어 놓습니다. 1을 곱하고 0을 더하면 틀린 식도 맞아 보일 수 있습니다.

images, t, _, _ = mnist(8, 1)
x = images.double().reshape(8, 7, 4, 7, 4).mean((2, 4)).reshape(8, 49).requires_grad_()
model = mlp([49, 20, 20, 10], batch_norm=True, convention="book").double()
with torch.no_grad():
    for parameter in model.parameters():
        if parameter.ndim == 1:
            parameter.add_(0.1 * torch.randn(len(parameter)))

# %%
# 모든 매개변수와 입력에서
# ------------------------
#
# ``numerical_gradient`` 는 중앙 차분 (f(x + h) − f(x − h)) / 2h를 여러 h에서 구해 h = 0으로
# 외삽합니다. 그 값이 얼마나 틀릴 수 있는지도 함께 알려 줍니다. ReLU의 꺾이는 점이 x − h와 x + h
# 사이에 끼면 h를 더 줄여 보고, 그래도 피하지 못하면 오차를 크게 적습니다. 그런 좌표는 빼고
# 견줍니다.

inputs = {"x": x, **dict(model.named_parameters())}
gradients = torch.autograd.grad(F.cross_entropy(model(x), t), tuple(inputs.values()))
largest = {}
for (name, tensor), gradient in zip(inputs.items(), gradients, strict=True):
    value = tensor.detach().clone()

    def loss(moved: Tensor, tensor: Tensor = tensor) -> Tensor:
        tensor.data = moved
        return F.cross_entropy(model(x), t)

    numerical, doubt = numerical_gradient(loss, value)
    tensor.data = value
    sure = doubt < 1e-8
    largest[name] = np.abs(gradient.numpy() - numerical)[sure].max()
    print(
        f"{name:9} {tuple(tensor.shape)!s:9} 뺀 좌표(left out) {int((~sure).sum())}  "
        f"가장 큰 차이(largest difference) {largest[name]:.1e}"
    )
    assert sure.mean() > 0.9
    assert largest[name] < 1e-9

# %%
# 0.bias와 3.bias의 차이가 유난히 작은 데에는 까닭이 있습니다. 배치 정규화 바로 앞의 편향(bias)이기
# 때문입니다. 더해 보아야 평균을 빼면 사라지므로 기울기가 0입니다. 배치 정규화를 쓰는 층에는 편향이
# 필요 없습니다. β가 그 일을 합니다.

sizes = {
    name: float(gradient.abs().max()) for name, gradient in zip(inputs, gradients, strict=True)
}
assert max(sizes["0.bias"], sizes["3.bias"]) < 1e-14 < 1e-3 < min(sizes["1.bias"], sizes["4.bias"])

# %%
# 한 장짜리 배치는 아무것도 확인하지 못한다
# -----------------------------------------
#
# 이 확인은 틀린 식을 정말 잡을까요? μ와 σ²을 상수로 여기고 길 하나만 되짚는 배치 정규화를
# 만듭니다. ``detach`` 가 나머지 두 길을 끊습니다. 이것을 여덟 장으로도, 한 장으로도 확인해 봅니다.
# 뒤에는 ReLU가 있습니다.


def network(x: Tensor, beta: Tensor, is_right: bool) -> Tensor:
    """배치 정규화와 ReLU. 틀린 것은 μ와 σ²의 길을 잊는다."""
    mean, var = x.mean(0), x.var(0, correction=0)
    if not is_right:
        mean, var = mean.detach(), var.detach()
    return F.relu((x - mean) / (var + 1e-6).sqrt() + beta)


def check(size: int, is_right: bool) -> dict[str, tuple[Any, Any]]:
    """x와 β에서의 수치 기울기와 기울기."""
    x = torch.randn(size, 4, dtype=torch.float64, requires_grad=True)
    beta = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(size, 4, dtype=torch.float64)

    def output(x: Tensor, beta: Tensor) -> Tensor:
        return (network(x, beta, is_right) * weight).sum()

    by_x, by_beta = torch.autograd.grad(output(x, beta), (x, beta))
    return {
        "x": (numerical_gradient(lambda v: output(v, beta), x).gradient, by_x.numpy()),
        "β": (numerical_gradient(lambda v: output(x, v), beta).gradient, by_beta.numpy()),
    }


KINDS = {True: "옳은 식(right)", False: "틀린 식(wrong)"}
checks, passes = {}, {}
for count, is_right in product((8, 1), (True, False)):
    checks[count, is_right] = check(count, is_right)
    for name, pair in checks[count, is_right].items():
        passes[count, is_right, name] = np.allclose(*pair, rtol=0, atol=1e-7)
        print(f"{count}장(batch), {KINDS[is_right]}, {name}: {passes[count, is_right, name]}")
assert passes[8, True, "x"] and passes[8, True, "β"] and not passes[8, False, "x"]
assert passes[1, False, "x"] and not passes[1, True, "β"]

# %%
# 한 장이면 거꾸로 됩니다. 틀린 식의 x는 통과하고 옳은 식의 β가 걸립니다. 한 장의 평균은 자기
# 자신이므로 x̂ = (x − μ)/σ = 0입니다. β도 0이면 ReLU에 들어가는 값이 모두 0, 곧 꺾이는 점입니다.
# 거기서는 아무 기울기도 되돌아오지 않습니다. x의 확인은 0 = 0이라 무엇이든 통과합니다. β의 확인은
# 0을 꺾이는 점 양쪽 기울기의 평균과 견주게 됩니다. :doc:`버그 박물관 </museum.ko>` 의 B1이
# 이것입니다. 우리 ``BatchNorm1d`` 는 훈련 중에 한 장짜리 배치를 거절합니다.
#
# 그림에서 볼 것
# --------------
#
# - 왼쪽: x와 매개변수(parameter)마다의 가장 큰 차이입니다. 점선이 10⁻⁷입니다. 1과 4가 배치
#   정규화이고, 그 weight가 γ, bias가 β입니다.
# - 가운데와 오른쪽: 가로는 수치 기울기, 세로는 오차역전파법의 기울기입니다. 맞으면 대각선 위에
#   놓입니다. 여덟 장에서는 틀린 식이 흩어지고, 한 장에서는 모든 x가 원점 하나에 겹칩니다.

fig, (left, *right) = plt.subplots(1, 3, figsize=(11, 4))
left.barh(list(largest), list(largest.values()))
left.set(xscale="log", xlim=(1e-18, 1e-5), xlabel=say("가장 큰 차이", "Largest difference"))
left.axvline(1e-7, color="0.4", linestyle="--")
left.invert_yaxis()
MARKS = {(True, "x"): "o", (False, "x"): "x", (True, "β"): "^"}
NAMES = {True: say("옳은 식", "right"), False: say("틀린 식", "wrong")}
for ax, size in zip(right, (8, 1), strict=True):
    for (is_right, name), marker in MARKS.items():
        ax.scatter(*checks[size, is_right][name], marker=marker, label=f"{NAMES[is_right]}, {name}")
    ax.axline((0, 0), slope=1, color="0.7", zorder=0)
    end = max(map(abs, ax.get_xlim()))
    ax.set(xlim=(-end, end), ylim=(-end, end))
    ax.set(title=say(f"{size}장짜리 배치", f"a batch of {size}"))
    ax.set(xlabel=say("수치 기울기", "Numerical gradient"))
right[0].set_ylabel(say("오차역전파법의 기울기", "Gradient by backpropagation"))
right[0].legend()
run.finish("ch06_batch_norm_gradient")

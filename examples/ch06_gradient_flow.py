"""
기울기 소실을 눈으로 보기
=========================

:doc:`ch06_activations` 에서는 앞으로 가는 값을 보았습니다. 여기서는 되돌아오는 기울기(gradient)를
봅니다. 시그모이드(sigmoid) 신경망의 층마다 가중치(weight)의 기울기를 재면 기울기 소실(vanishing
gradient)이 그대로 보입니다. 책의 6.2.2절과 6.3절입니다.

The gradients of each layer of a sigmoid network: they vanish with small and with Xavier's weights,
and flow with batch normalization.
"""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.networks import accuracy, batches, fit, mlp, mnist
from tinygrad_kr import nn, optim
from tinygrad_kr.nn import functional as F
from tinygrad_kr.viz import curves, gradient_histograms, say

run = begin()
x, t, x_test, t_test = mnist(10_000, 2000)
SIZES = [784, 100, 100, 100, 100, 10]

# %%
# 배우기 전의 기울기
# ------------------
#
# 은닉층(hidden layer) 넷, 그 앞뒤로 가중치가 다섯 벌입니다. 배우기 전에 이미지 1,000장의 손실을 한
# 번 역전파(backpropagation)하고, 가중치마다 기울기의 크기(norm)를 잽니다.

NETWORKS: dict[str, dict[str, Any]] = {
    "std 0.01": {"activation": "sigmoid", "init": 0.01},
    "Xavier": {"activation": "sigmoid", "init": "xavier"},
    "std 1": {"activation": "sigmoid", "init": 1.0},
    "Xavier + BN": {"activation": "sigmoid", "init": "xavier", "batch_norm": True},
    "ReLU, He": {"activation": "relu", "init": "he"},
}
models, norms = {}, {}
for name, options in NETWORKS.items():
    torch.manual_seed(0)
    model = models[name] = mlp(SIZES, **options)
    weights = [layer.weight for layer in model if isinstance(layer, nn.Linear)]
    gradients = torch.autograd.grad(F.cross_entropy(model(x[:1000]), t[:1000]), weights)
    norms[name] = np.array([float(gradient.norm()) for gradient in gradients])

print("층마다의 크기(norm of each layer)와 첫 층 / 마지막 층(first / last)")
ratio = {name: norm[0] / norm[-1] for name, norm in norms.items()}
for name, norm in norms.items():
    print(f"{name:12}", *(f"{one:8.1e}" for one in norm), f"  {ratio[name]:.1e}")
assert ratio["std 0.01"] < 1e-5
assert ratio["Xavier"] < 0.02
assert 0.05 < ratio["std 1"] < 0.5
assert 0.5 < ratio["Xavier + BN"] < 2
assert 0.5 < ratio["ReLU, He"] < 5

# %%
# 한 층에 몇 배씩 줄어드는가
# --------------------------
#
# 기울기는 한 층을 거슬러 갈 때마다 가중치와 활성화 함수(activation function)의 미분을 지납니다.
# 뉴런(neuron)이 n = 100개일 때 가중치는 크기를 √n × (표준편차)배 하고, 시그모이드의 미분은 1/4배
# 이하로 만듭니다.
#
# - **std 0.01**: √100 × 0.01 × 1/4 = 1/40. 한 층에 마흔 배씩 사라집니다.
# - **Xavier**: √100 × 0.1 × 1/4 = 1/4. 활성화값의 폭은 지켰지만 기울기는 한 층에 네 배씩
#   사라집니다.
# - **std 1**: 값이 0과 1에 몰려 미분이 작습니다. 그런데 가중치가 √100 × 1 = 10배로 메웁니다.
#   그래서 층을 지나도 기울기의 크기는 그리 줄지 않습니다. 책은 std 1에서 기울기 소실을 설명합니다.
#   미분이 0에 가까워진다는 것은 그대로 맞습니다. 다만 사라지는 정도를 재 보면, 이 신경망에서는 std
#   0.01과 Xavier 쪽이 훨씬 심합니다.
# - **Xavier + BN**: 배치 정규화(batch normalization)는 돌아오는 기울기를 σ로 나눕니다. 가중치가
#   작아 값의 폭 σ가 좁으면 그만큼 기울기를 키웁니다. 네 배씩 줄던 것이 제자리걸음을 합니다.
# - **ReLU, He**: ReLU의 미분은 0 아니면 1입니다. He 초깃값이 절반을 버린 몫을 채워 고르게
#   흐릅니다.

shrink = {name: np.sqrt(norm[3] / norm[1]) for name, norm in norms.items()}
print("4층에서 2층까지 한 층에(per layer, from 4 to 2)", end="")
print("".join(f" · {name} 1/{factor:.2f}" for name, factor in shrink.items()))
assert 30 < shrink["std 0.01"] < 50
assert 3.5 < shrink["Xavier"] < 5
assert 1 < shrink["std 1"] < 2
assert 0.8 < shrink["Xavier + BN"] < 1.25

fig, ax = plt.subplots(figsize=(8, 4))
curves(norms, ax, xlabel=say("층", "Layer"), ylabel=say("기울기의 크기", "Norm of the gradient"))
ax.set(yscale="log", xticks=range(1, 6))
run.finish("ch06_gradient_flow")

# %%
# 층마다의 히스토그램
# -------------------
#
# 윗줄은 Xavier, 아랫줄은 Xavier + BN입니다. 가로축은 모두 ±0.008이고, 벗어난 값의 비율은 칸 위에
# 적었습니다. Xavier에서는 앞 층으로 갈수록 막대가 0에 박힙니다. 배치 정규화를 하면 은닉층들의
# 모양이 같습니다. 칸 위의 표준편차를 견주어 보세요. 첫 층에 0인 값이 많은 것은 가장자리 화소가 늘
# 검기 때문입니다.

fig = plt.figure(figsize=(10, 5))
panels: Any = fig.subfigures(2, 1)
for panel, name in zip(panels, ("Xavier", "Xavier + BN"), strict=True):
    loss = F.cross_entropy(models[name](x[:1000]), t[:1000])
    gradient_histograms(models[name], loss, range=(-0.008, 0.008), kinds=nn.Linear, fig=panel)
    panel.suptitle(name)
run.finish("ch06_gradient_flow_histograms")

# %%
# 그래서 배우는가
# ---------------
#
# 다섯 신경망을 그대로 학습합니다. 기울기가 사라진 둘은 2.30에서 꼼짝하지 않습니다. Xavier는
# "시그모이드의 초깃값"으로 알려져 있지만, 은닉층 넷을 지나면 모자랍니다. std 1은 느리게나마
# 배우고, 배치 정규화를 넣은 것과 ReLU는 잘 배웁니다.

STEPS = run.pick(quick=300, default=1000)
final = {}
for name, model in models.items():
    torch.manual_seed(0)
    losses = fit(model, optim.SGD(model.parameters(), lr=0.1), batches(x, t, 100, STEPS))
    final[name], score = np.mean(losses[-20:]), accuracy(model, x_test, t_test)
    print(f"{name:12} 손실(loss) {final[name]:.3f}  시험 정확도(test accuracy) {score:.3f}")
assert min(final["std 0.01"], final["Xavier"]) > 2.28
assert final["ReLU, He"] < final["Xavier + BN"] < 0.7 * final["std 1"] < 1.5

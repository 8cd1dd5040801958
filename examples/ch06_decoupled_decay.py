r"""
떼어 낸 가중치 감소: Adam과 AdamW
=================================

「밑바닥부터 시작하는 딥러닝」 6.4.2절의 가중치 감소(weight decay)는 손실에 벌점을 더하므로 기울기에
λW가 섞입니다(coupled). 기울기는 그대로 두고 갱신할 때마다 가중치에 (1 − ηλ)를 곱하는 방법도
있습니다(decoupled). SGD에서는 두 방법이 같습니다. 6.1.6절의 Adam에서는 다릅니다. Adam은 기울기를
√v̂로 나누는데, 섞여 있는 벌점까지 함께 나누기 때문입니다. 벌점을 떼어 낸 Adam이
AdamW입니다(Loshchilov, Hutter 2019).

Coupled and decoupled weight decay are one for SGD; Adam divides the coupled one by √v̂.
"""

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.networks import batches, fit, mlp, mnist
from helpers.small_data import SIZES
from tinygrad_kr import optim
from tinygrad_kr.viz import say

run = begin()

# %%
# SGD에서는 같다
# --------------
# W − η(g + λW) = (1 − ηλ)W − ηg이기 때문입니다. 책의 함수 f(x, y) = x²/20 + y²에서 30걸음을 걸어
# 확인합니다. 한쪽은 옵티마이저(optimizer)에 λ를 주고, 다른 쪽은 (1 − ηλ)를 직접 곱합니다.

eta, decay = 0.9, 0.1
mixed, apart = (torch.tensor([-7.0, 2.0], dtype=torch.float64) for _ in range(2))
ways = (
    (mixed, optim.SGD([mixed.requires_grad_()], lr=eta, weight_decay=decay), 1.0),
    (apart, optim.SGD([apart.requires_grad_()], lr=eta), 1 - eta * decay),
)
furthest = 0.0
for _ in range(30):
    for w, sgd, factor in ways:
        sgd.zero_grad()
        (w[0] ** 2 / 20 + w[1] ** 2).backward()
        w.data.mul_(factor)
        sgd.step()
    furthest = max(furthest, (mixed - apart).abs().max().item())
print(f"SGD: 두 경로의 가장 큰 차이(largest difference) {furthest:.1e}")
assert furthest < 1e-14

# %%
# Adam에서는 다르다
# -----------------
# 이번에는 f(x, y) = 100 ξ₁ x + 0.01 ξ₂ y입니다. ξ는 걸음마다 +1이나 −1이고 반반입니다. 미니배치마다
# 흔들리지만 평균은 0인 기울기를 흉내 냅니다. 손실은 어느 쪽으로도 끌지 않으므로 움직임은 모두
# 가중치 감소가 만듭니다. 다만 기울기의 크기가 x는 100, y는 0.01입니다. (1, 1)에서 떠나는 점 200개를
# 한꺼번에 굴려 평균을 봅니다.

scale = torch.tensor([[100.0], [0.01]])
steps, eta, decay = 2000, 0.001, 0.5
means = {}
for kind in (optim.Adam, optim.AdamW):
    w = torch.ones(2, 200, requires_grad=True)
    adam = kind([w], lr=eta, weight_decay=decay)
    means[kind.__name__] = np.empty((steps, 2))
    for step in range(steps):
        xi = torch.randint(2, (2, 200)) * 2.0 - 1.0
        adam.zero_grad()
        (scale * xi * w).sum().backward()
        adam.step()
        means[kind.__name__][step] = w.detach().numpy().mean(axis=1)
law = (1 - eta * decay) ** np.arange(1, steps + 1)
for name, mean in means.items():
    print(f"{name:5}: x {mean[-1, 0]:.3f}, y {mean[-1, 1]:.3f}; (1 − ηλ)ᵗ = {law[-1]:.3f}")
assert means["Adam"][-1, 0] > 0.95
assert means["Adam"][-1, 1] < 0.05
assert np.abs(means["AdamW"] - law[:, None]).max() < 0.01

# %%
# 신경망에서
# ----------
# 300장을 배우는 신경망에서도 그런지 봅니다. 먼저 가중치 감소 없이 Adam으로 학습해 가중치마다 √v를
# 얻습니다. √v는 그 가중치가 받아 온 기울기의 크기입니다. 가중치를 √v의 순서로 네 묶음으로 나누고,
# 같은 초깃값에서 가중치 감소를 넣어 다시 학습하면 묶음마다 가중치의 크기가 몇 배가 되는지 잽니다.
# 언제나 0인 화소에 달려 기울기가 0뿐인 가중치는 뺍니다.

x, t = mnist(300, 1)[:2]
learned = {}
for name, kind, weight_decay in (
    ("none", optim.Adam, 0.0),
    ("Adam", optim.Adam, 0.001),
    ("AdamW", optim.AdamW, 1.0),
):
    torch.manual_seed(0)
    model = mlp(SIZES)
    weights = [p for p in model.parameters() if p.dim() > 1]
    biases = [p for p in model.parameters() if p.dim() == 1]
    adam = kind(biases, lr=0.001, weight_decay=0.0)
    adam.add_param_group({"params": weights, "weight_decay": weight_decay})
    fit(model, adam, batches(x, t, 100, steps=run.pick(quick=150, default=300)))
    learned[name] = torch.cat([w.flatten() for w in weights]).detach().numpy()
    if name == "none":
        moved = torch.cat([adam.state[w]["exp_avg_sq"].flatten() for w in weights]).sqrt().numpy()
part = np.digitize(moved, np.quantile(moved[moved > 0], [0.25, 0.5, 0.75]))
ratios = {}
for name in ("Adam", "AdamW"):
    parts = [(part == i) & (moved > 0) for i in range(4)]
    norms = [np.linalg.norm(learned[name][p]) / np.linalg.norm(learned["none"][p]) for p in parts]
    ratios[name] = norms
    shown = ", ".join(f"{norm:.2f}" for norm in norms)
    print(f"{name:5}: √v가 작은 묶음부터(smallest √v first) {shown}")
assert ratios["Adam"][0] < ratios["Adam"][3] - 0.3
assert np.ptp(ratios["AdamW"]) < 0.1

# %%
# 그림에서 볼 것
# --------------
# - **왼쪽**: AdamW의 두 선은 겹친 채 (1 − ηλ)ᵗ를 그대로 따라갑니다. 기울기의 크기가 만 배 달라도
#   같습니다. Adam에서는 기울기가 큰 x가 거의 줄지 않고(λw/√v̂ ≈ 0.5/100), 기울기가 작은 y는 훨씬
#   빨리 줄어듭니다. 갱신이 벌점뿐인 것처럼 움직이기 때문입니다.
# - **오른쪽**: 신경망에서도 같습니다. AdamW는 모든 묶음을 같은 비율로 줄입니다. Adam은 기울기를
#   크게 받는 가중치, 곧 지금 배우는 데 많이 쓰이는 가중치는 거의 놓아두고, 나머지만 세게 줄입니다.
# - Adam에 λ를 준 것이 틀린 계산은 아닙니다. 손실에 ½λW²을 더한 것과 똑같습니다. 다만 "모든 가중치를
#   같은 비율로 줄인다"는 뜻이 더는 아닙니다. 두 방법의 λ는 크기도 서로 견줄 수 없습니다(여기서는
#   0.001과 1).

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
for (name, mean), color in zip(means.items(), ("C0", "C1"), strict=True):
    left.plot(
        mean[:, 0], color=color, label=say(f"{name}: x (기울기 ±100)", f"{name}: x (slope ±100)")
    )
    left.plot(
        mean[:, 1],
        "--",
        color=color,
        label=say(f"{name}: y (기울기 ±0.01)", f"{name}: y (slope ±0.01)"),
    )
left.plot(law, "k:", label="(1 − ηλ)ᵗ")
left.set(xlabel=say("걸음", "step"), ylabel=say("평균 가중치", "mean weight"), ylim=(0, 1.05))
left.legend(loc="upper right", bbox_to_anchor=(1, 0.95), fontsize=8)
place = np.arange(4)
for shift, (name, ratio) in zip((-0.2, 0.2), ratios.items(), strict=True):
    right.bar(place + shift, ratio, 0.36, label=name)
names = [say("가장 작은 1/4", "smallest 1/4"), "2/4", "3/4", say("가장 큰 1/4", "largest 1/4")]
right.set_xticks(place, names)
right.set_xlabel(say("√v(기울기의 크기)로 나눈 묶음", "groups by √v, the gradient's size"))
right.set_ylabel(say("가중치의 크기 (감소 없을 때 = 1)", "norm (1 = without decay)"))
right.legend(loc="upper left")
right.set_ylim(0, 1.2)
right.axhline(1, color="k", linewidth=0.8, linestyle=":")
run.finish("ch06_decoupled_decay")

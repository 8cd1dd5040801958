r"""
L1과 L2: 0으로 만드는 벌점, 작게 만드는 벌점
============================================

「밑바닥부터 시작하는 딥러닝」 6.4.2절은 가중치 감소(weight decay)에 L2 노름(norm)을 씁니다. 손실에
½λΣW²을 더하는 방법입니다. 절댓값의 합 λΣ|W|를 더하는 L1도 있습니다. 둘 다 가중치를 0 쪽으로
당기지만 힘이 다릅니다.

- L2의 기울기는 λW입니다. 가중치가 작아지면 당기는 힘도 약해집니다. 0에 가까워질 뿐 0이 되지는
  않습니다.
- L1의 기울기는 λ·sign(W)입니다. 가중치가 아무리 작아도 힘이 같습니다. 손실이 붙들지 않는 가중치는
  0까지 갑니다.

An L1 penalty makes most of the weights zero, an L2 penalty makes them small.
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.networks import batches, mlp, mnist
from helpers.small_data import measure
from tinygrad_kr import Tensor, optim
from tinygrad_kr.nn import functional as F
from tinygrad_kr.viz import say

run = begin()
x, t, x_test, t_test = mnist(300, run.pick(quick=2000, default=10000))
steps = run.pick(quick=450, default=1500)

# %%
# 벌점도 텐서의 계산
# ------------------
# PyTorch의 옵티마이저에는 L1이 없지만 없어도 됩니다. 벌점을 식대로 써서 손실에 더하면 기울기는
# 역전파(backpropagation)가 구합니다. ``abs``\ 의 기울기는 W > 0이면 1, W < 0이면 −1, 0에서는
# 0입니다. 두 벌점의 λ는 시험 정확도가 비슷하게 나오는 값으로 골랐습니다.

penalties: dict[str, Callable[[Tensor], Tensor]] = {
    say("벌점 없음", "no penalty"): lambda w: torch.zeros(()),
    "L2, λ = 0.01": lambda w: 0.01 * 0.5 * (w * w).sum(),
    "L1, λ = 0.001": lambda w: 0.001 * w.abs().sum(),
}

# %%
# 세 번 배우기
# ------------
# 은닉층이 하나인 신경망을 300장으로 500에폭(1,500걸음) 동안 학습합니다. 초깃값과 미니배치의 순서는
# 세 번 모두 같습니다. 학습이 끝나면 절댓값이 0.001보다 작은 가중치의 비율을 셉니다.

learned, pixels, shares, accuracies = {}, {}, [], []
for name, penalty in penalties.items():
    torch.manual_seed(0)
    model = mlp([784, 100, 10])
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for image, label in batches(x, t, size=100, steps=steps):
        w = torch.cat([p.flatten() for p in model.parameters() if p.dim() > 1])
        loss = F.cross_entropy(model(image), label) + penalty(w)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    learned[name] = w.detach().numpy()
    pixels[name] = np.abs(learned[name][:78400]).reshape(100, 28, 28).mean(axis=0)
    size = np.abs(learned[name])
    shares.append(np.mean(size < 1e-3))
    accuracies.append(measure(model, x_test, t_test)[0])
    print(
        f"{name}: 0.001 미만(below) {shares[-1]:.1%}, 중앙값(median) {np.median(size):.5f}, "
        f"최댓값(largest) {size.max():.2f}, 시험 정확도(test accuracy) {accuracies[-1]:.3f}"
    )
none, small, sparse = shares
assert sparse > run.pick(quick=0.5, default=0.9)
assert none < small < 0.1
assert max(accuracies) - min(accuracies) < 0.03

# %%
# 그림에서 볼 것
# --------------
# - **위**: 벌점이 없으면 가중치는 초깃값의 종 모양 그대로입니다. L2는 종을 좁힙니다. L1은 거의 모두
#   0에 모으고 몇 개만 크게 남깁니다. 세로축은 로그입니다.
# - **아래**: 첫 계층의 가중치의 크기를 화소(pixel)마다 평균했습니다. 색의 눈금은 그림마다 다릅니다.
#   가장자리는 언제나 0인 화소이므로 그 가중치는 손실을 바꾸지 않고 벌점만 받습니다. L1에서는 그런
#   가중치가 0이 되어 새까맣습니다. L2에서는 줄기만 합니다.
# - L1에서는 가중치의 94%가 0인데도 시험 정확도는 1.3%포인트만 낮습니다. 쓸모 있는 가중치를 골라 낸
#   셈입니다.
# - SGD의 걸음은 0을 건너뛰므로 L1의 가중치는 0에 꼭 멈추지 않고 ηλ = 0.0001쯤의 폭으로 떱니다.
#   그래서 0.001을 기준으로 세었습니다.

figure, axes = plt.subplots(2, 3, figsize=(9, 5.4), height_ratios=[1, 1.2])
for (above, below), name, share in zip(axes.T, penalties, shares, strict=True):
    above.hist(learned[name], bins=np.linspace(-0.2, 0.2, 101))
    counted = say(f"0.001 미만이 {share:.0%}", f"{share:.0%} below 0.001")
    above.set(yscale="log", ylim=(1, 1e5), title=f"{name}\n{counted}")
    above.set_xlabel(say("가중치", "weight"))
    picture = below.imshow(pixels[name], cmap="magma", vmin=0)
    below.set_axis_off()
    figure.colorbar(picture, ax=below, label=say("평균 |W|", "mean |W|"))
axes[0, 0].set_ylabel(say("개수", "count"))
run.finish("ch06_l1_l2")

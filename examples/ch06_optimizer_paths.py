"""
옵티마이저가 걷는 길
====================

길쭉한 그릇 f(x, y) = x²/20 + y²의 (−7, 2)에 서서 서른 걸음을 내려갑니다. 그릇도 출발점도 같은데
옵티마이저(optimizer)마다 길이 다릅니다. 책의 6.1.2~6.1.7절입니다. 책의 네 가지에 RMSProp과
Nesterov를 더했습니다.

Six optimisers walk thirty steps down one bowl; SGD's walk has a closed form, and meets it.
"""

import matplotlib.pyplot as plt
import numpy as np

from helpers.experiment import begin
from helpers.surface import COLORS, WALKERS, f, walk
from tinygrad_kr import optim
from tinygrad_kr.viz import contour, say

run = begin()
STEPS = 30

# %%
# 서른 걸음
# ---------
#
# ``walk`` 는 PyTorch식 훈련 반복문입니다. ``zero_grad``, ``backward``, ``step`` 을 차례로 부르고
# 점의 자리를 적습니다. 학습률(learning rate)은 책이 고른 값 그대로입니다(SGD 0.95, Momentum 0.1,
# AdaGrad 1.5, Adam 0.3). RMSProp과 Nesterov는 0.1로 걷습니다.

paths = {name: walk(make, STEPS) for name, make in WALKERS.items()}
for name, path in paths.items():
    x, y = path[-1]
    print(f"{name:9} 끝(end) ({x:+.4f}, {y:+.4f})  f = {f(x, y):.5f}")
    assert f(x, y) < f(*path[0]) / 50

# %%
# SGD의 길은 계산으로 안다
# ------------------------
#
# 기울기(gradient)는 (x/10, 2y)입니다. 그래서 SGD의 한 걸음은 x에 1 − η/10을, y에 1 − 2η를 곱하는
# 일입니다. η = 0.95라면 x는 걸음마다 0.905배, y는 −0.9배입니다. y의 부호가 걸음마다 바뀌니
# 지그재그가 됩니다. 자동 미분으로 걸은 길이 이 식과 끝자리까지 같은지 봅니다.

k = np.arange(STEPS + 1)
closed = np.stack([-7 * 0.905**k, 2 * (-0.9) ** k], axis=1)
error = np.abs(paths["SGD"] - closed).max()
print(f"SGD와 닫힌 식의 차이(from the closed form): {error:.1e}")
assert error < 1e-12

# %%
# 같은 식에서 SGD의 한계도 나옵니다. η = 1이면 y에 −1을 곱하므로 2와 −2를 영원히 오갑니다. 1을
# 넘으면 걸음마다 더 멀어집니다. x만 보면 η = 1은 아직 작은 학습률입니다. 가파른 y 하나가 학습률을
# 묶어 둡니다.

swing = walk(lambda params: optim.SGD(params, lr=1.0), 1000)[:, 1]
flight = walk(lambda params: optim.SGD(params, lr=1.05), STEPS)[:, 1]
met = sorted({float(y) for y in swing})
print(f"η = 1.00: 1,000걸음 뒤 y = {swing[-1]:+.1f}, 지나온 값(values met) {met}")
print(f"η = 1.05: {STEPS}걸음 뒤 y = {flight[-1]:+.1f}")
assert met == [-2.0, 2.0]
assert (np.diff(np.abs(flight)) > 0).all()

# %%
# 그림에서 볼 것
# --------------
#
# - **SGD**: y가 크게 흔들리는 동안 x는 조금씩만 나아갑니다.
# - **Momentum**: 공이 구르듯 둥글게 휘고, 속도 때문에 (0, 0)을 지나쳤다가 돌아옵니다.
# - **Nesterov**: Momentum보다 흔들림이 빨리 잦아듭니다. 갈 곳의 기울기를 미리 보는 셈입니다.
# - **AdaGrad**: 가파른 y의 걸음이 먼저 줄어 거의 곧게 갑니다.
# - **RMSProp**: AdaGrad처럼 곧게 가지만 서른 걸음으로는 조금 모자랍니다.
# - **Adam**: Momentum처럼 휘되 원소마다 걸음을 조절합니다.
#
# 이 그림 하나로 순위를 매길 수는 없습니다. 학습률을 바꾸면 순서도 바뀝니다.

fig, axes = plt.subplots(2, 3, figsize=(10, 5), sharex=True, sharey=True)
for ax, (name, path) in zip(axes.flat, paths.items(), strict=True):
    contour(f, ax, xlim=(-8, 4), ylim=(-3, 3))
    ax.plot(*path.T, "o-", color=COLORS[name], markersize=2.5, linewidth=1)
    ax.plot(0, 0, "k+", markersize=9)
    ax.set_title(f"{name}   f = {f(*path[-1]):.4f}", fontsize=10)
    ax.label_outer()
fig.suptitle(say("(−7, 2)에서 서른 걸음(+는 최솟값)", "Thirty steps from (−7, 2) to +"))
run.finish("ch06_optimizer_paths")

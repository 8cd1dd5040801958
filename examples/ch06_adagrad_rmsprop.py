"""
AdaGrad는 멈추고 RMSProp은 따라간다
===================================

AdaGrad는 지난 기울기(gradient)의 제곱을 h에 모두 더합니다. h는 줄지 않으니 걸음은 작아지기만
합니다. RMSProp은 지수이동평균(exponential moving average)으로 먼 과거를 잊습니다. 오래 걸을 때와
최솟값이 달아날 때, 두 규칙이 어떻게 갈리는지 봅니다. 책의 6.1.5절입니다.

On a long walk AdaGrad's steps die out; RMSProp goes on, and follows a minimum that drifts away.
"""

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.surface import START, Make, f
from tinygrad_kr import optim
from tinygrad_kr.dtypes import Array
from tinygrad_kr.viz import say

run = begin()
STEPS = run.pick(quick=800, default=3000, full=10000)

RULES: dict[str, tuple[Make, str, str]] = {
    "AdaGrad η = 0.1": (lambda params: optim.AdaGrad(params, lr=0.1), "sum", "C2"),
    "AdaGrad η = 0.3": (lambda params: optim.AdaGrad(params, lr=0.3), "sum", "C5"),
    "RMSProp η = 0.1": (lambda params: optim.RMSProp(params, lr=0.1), "square_avg", "C4"),
}


# %%
# 실효 학습률
# -----------
#
# 두 규칙 모두 W ← W − η g / (√h + ε)입니다. 원소마다의 학습률은 η가 아니라 η/√h인 셈입니다.
# 이것을 실효 학습률(effective rate)이라고 부르겠습니다. h는 옵티마이저의 ``state`` 에 있습니다.
# AdaGrad는 ``sum``, RMSProp은 ``square_avg`` 라는 이름입니다.
#
# 아래 함수는 최솟값이 걸음마다 ``speed`` 만큼 오른쪽으로 달아나는 f를 뒤쫓습니다.


def chase(name: str, start: tuple[float, float], speed: float) -> tuple[Array, Array]:
    """걸음마다 최솟값까지의 거리와 x의 실효 학습률. The distance and the effective rate of x."""
    make, h, _ = RULES[name]
    point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = make([point])
    gaps, rates = [], []
    for step in range(1, STEPS + 1):
        x, y = point
        optimizer.zero_grad()
        f(x - speed * step, y).backward()
        optimizer.step()
        gaps.append(np.hypot(point[0].item() - speed * step, point[1].item()))
        rates.append(optimizer.param_groups[0]["lr"] / np.sqrt(optimizer.state[point][h][0].item()))
    return np.array(gaps), np.array(rates)


# %%
# 오래 걷기
# ---------
#
# (−7, 2)에서 가만히 있는 f를 내려갑니다. 경로 그림에서는 AdaGrad의 학습률이 1.5였지만, 여기서는
# RMSProp과 같은 0.1에 0.3을 더해 견줍니다.

still = {name: chase(name, START, 0.0) for name in RULES}
for name, (gap, rate) in still.items():
    print(f"{name}: 최솟값까지(distance) 300걸음 {gap[299]:.1e}, 끝(end) {gap[-1]:.1e}; "
          f"실효 학습률(effective rate) {rate[0]:.2f} → {rate[-1]:.2g}")  # fmt: skip
for name in ("AdaGrad η = 0.1", "AdaGrad η = 0.3"):
    assert (np.diff(still[name][1]) <= 0).all()
assert still["RMSProp η = 0.1"][0][299] < 1e-6 < 1 < still["AdaGrad η = 0.1"][0][299]

# %%
# 달아나는 최솟값
# ---------------
#
# 이번에는 최솟값 위에서 출발하지만 최솟값이 걸음마다 0.02씩 달아납니다. 신경망을 훈련할 때도 이런
# 일이 있습니다. 앞 계층이 바뀌면 뒤 계층에게 좋은 자리도 바뀝니다.
#
# 기울기가 고르다면 AdaGrad의 k번째 걸음은 η/√k입니다. 0.02보다 짧아지면 거리를 유지할 수 없고,
# 거리가 벌어져 기울기가 커져야만 따라갑니다. η를 세 배로 해도 그때가 늦어질 뿐입니다.

drift = {name: chase(name, (0.0, 0.0), 0.02) for name in RULES}
for name, (gap, rate) in drift.items():
    print(f"{name}: 뒤처진 거리(lag) 300걸음 {gap[299]:.2f}, 끝(end) {gap[-1]:.2f}; "
          f"실효 학습률(effective rate) {rate[-1]:.2g}")  # fmt: skip
lag = {name: gap for name, (gap, _) in drift.items()}
assert lag["RMSProp η = 0.1"][1:].max() < 0.5
assert abs(drift["RMSProp η = 0.1"][1][-1] - 20) < 1
assert lag["AdaGrad η = 0.1"][-1] > 3 and (np.diff(lag["AdaGrad η = 0.1"][100:]) > 0).all()
assert lag["AdaGrad η = 0.3"][-1] > 5 * lag["AdaGrad η = 0.3"][299]

# %%
# 그림에서 볼 것
# --------------
#
# - **왼쪽 위**: AdaGrad는 초반의 큰 기울기를 잊지 못해 느립니다. 그래도 가만히 있는 그릇에서는
#   언젠가 닿습니다. 기울기가 0으로 가면 h도 더는 커지지 않기 때문입니다. RMSProp은 훨씬 먼저
#   닿지만 바닥에서 튑니다. h가 0으로 줄면서 실효 학습률이 지나치게 커지기 때문입니다.
# - **왼쪽 아래**: AdaGrad의 실효 학습률은 내려가기만 합니다.
# - **오른쪽 위**: 달아나는 최솟값을 RMSProp은 끝까지 따라갑니다. AdaGrad는 뒤처지고, 한번
#   뒤처지면 계속 멀어집니다.
# - **오른쪽 아래**: RMSProp의 실효 학습률은 20에서 자리를 잡습니다. x의 곡률이 0.1이니 2/0.1 =
#   20은 SGD가 x에서 발산하지 않는 가장 큰 학습률입니다. 커지면 튀고, 튀면 h가 커져 다시
#   줄어듭니다.

fig, axes = plt.subplots(2, 2, figsize=(10, 6), sharex=True)
titles = (
    say("가만히 있는 최솟값: 거리", "Minimum at rest: distance"),
    say("달아나는 최솟값: 뒤처진 거리", "Drifting minimum: lag"),
)
for column, title, runs in zip(axes.T, titles, (still, drift), strict=True):
    for name, (gap, rate) in runs.items():
        column[0].plot(gap, color=RULES[name][2], linewidth=1, label=name)
        column[1].plot(rate, color=RULES[name][2], linewidth=1)
    column[0].set(title=title, yscale="log", ylim=(1e-4, 100))
    column[1].set(title=say("x의 실효 학습률 η/√h", "Effective rate of x, η/√h"), yscale="log")
    column[1].set_xlabel(say("걸음", "Step"))
axes[0, 0].legend()
run.finish("ch06_adagrad_rmsprop")

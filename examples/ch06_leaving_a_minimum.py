"""
골짜기, 안장점, 고원
====================

SGD가 멈추거나 느려지는 곳이 셋 있습니다. 얕은 골짜기(지역 최솟값, local minimum), 안장점(saddle
point), 고원(plateau)입니다. 기울기(gradient)가 0이거나 0에 가까운 곳들입니다. 여섯
옵티마이저(optimizer)를 같은 학습률로 보내 봅니다. 책의 6.1.3~6.1.6절과 함께 읽으세요.

A local minimum, a saddle and a plateau: who stays, who rolls out, and in how many steps.
"""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from helpers.experiment import begin
from helpers.surface import COLORS, Make, walk
from tinygrad_kr import optim
from tinygrad_kr.dtypes import Array
from tinygrad_kr.viz import contour, say

run = begin()
STEPS = run.pick(quick=800, default=1500)
LR = 0.05
WALKERS: dict[str, Make] = {
    "SGD": lambda params: optim.SGD(params, lr=LR),
    "Momentum": lambda params: optim.Momentum(params, lr=LR),
    "Nesterov": lambda params: optim.Momentum(params, lr=LR, nesterov=True),
    "AdaGrad": lambda params: optim.AdaGrad(params, lr=LR),
    "RMSProp": lambda params: optim.RMSProp(params, lr=LR),
    "Adam": lambda params: optim.Adam(params, lr=LR),
}


def first(arrived: Array) -> float:
    """처음으로 참이 되는 걸음. 없으면 무한대. The first step of which it holds, or infinity."""
    return float(arrived.argmax()) if arrived.any() else np.inf


# %%
# 얕은 골짜기
# -----------
#
# x = −2.2에서 출발합니다. −1.33에 얕은 골짜기가 있고, 언덕을 하나 넘으면 1.48에 더 깊은 골짜기가
# 있습니다. ``np.exp`` 같은 NumPy 함수는 텐서에도 그대로 쓸 수 있으므로, 곡면은 배열과 텐서에 함께
# 씁니다.


def valleys(x: Any) -> Any:
    return x**4 / 4 - x**2 - 0.3 * x


rolls = {name: walk(make, 300, (-2.2,), valleys)[:, 0] for name, make in WALKERS.items()}
for name, x in rolls.items():
    print(f"{name:9} 300걸음 뒤(after) x = {x[-1]:+.2f}, 가장 멀리(furthest) {x.max():+.2f}")
out = {name for name, x in rolls.items() if x[-1] > 0}
assert out == {"Momentum"}

# %%
# 굴러 나온 것은 Momentum뿐입니다. 같은 모멘텀이라도 Nesterov는 오르막을 미리 보고 느려져서 못
# 나옵니다. Momentum도 언제나 나오지는 못합니다. 언덕을 넘을 만큼 빨라야 합니다. 속도가 없는 SGD는
# 아래 다섯 학습률에서 모두 머뭅니다.

for lr in (0.01, 0.02, 0.05, 0.1, 0.2):
    sgd, momentum = (
        walk(make, 300, (-2.2,), valleys)[-1, 0]
        for make in (lambda p, lr=lr: optim.SGD(p, lr), lambda p, lr=lr: optim.Momentum(p, lr))
    )
    print(f"η = {lr:<4}  SGD {sgd:+.2f}  Momentum {momentum:+.2f}")
    assert sgd < 0 and (momentum > 0) == (lr > 0.02)

# %%
# 안장점
# ------
#
# (0, 0)은 x로는 골짜기, y로는 산등성이입니다. 등성이에서 아주 조금(y = 10⁻⁶) 벗어난 곳에서
# 출발합니다. y 쪽 기울기도 10⁻⁶만 하므로 SGD는 오래 머뭅니다. 걸음마다 고작 1.05배씩 멀어집니다.
# 기울기를 크기로 나누는 AdaGrad, RMSProp, Adam은 곧 떠납니다.


def saddle(x: Any, y: Any) -> Any:
    return x**2 / 2 - y**2 / 2 + y**4 / 4


ridge = {name: walk(make, STEPS, (-1.5, 1e-6), saddle) for name, make in WALKERS.items()}
left_at = {name: first(np.abs(path[:, 1]) > 0.5) for name, path in ridge.items()}
for name, k in left_at.items():
    print(f"{name:9} 안장점을 떠난 걸음(steps to leave the saddle): {k:.0f}")
assert left_at["SGD"] == max(left_at.values()) > 3 * left_at["Momentum"]
assert max(left_at[name] for name in ("AdaGrad", "RMSProp", "Adam")) < left_at["SGD"] / 10

# %%
# 꼭 등줄기 위(y = 0)라면 아무도 떠나지 못합니다. y 쪽 기울기가 정확히 0이기 때문입니다. 실제
# 훈련에서는 미니배치(mini-batch)의 흔들림이 등을 떠밀어 줍니다.

stuck = {name: walk(make, 300, (-1.5, 0.0), saddle)[-1, 1] for name, make in WALKERS.items()}
assert set(stuck.values()) == {0.0}

# %%
# 고원
# ----
#
# x = −4는 거의 평평합니다. 기울기가 0.0013뿐입니다. SGD의 걸음은 기울기에 비례하니 거의 서
# 있습니다.


def plateau(x: Any) -> Any:
    return 1 - np.exp(-(x**2) / 2)


flat = {name: walk(make, STEPS, (-4.0,), plateau)[:, 0] for name, make in WALKERS.items()}
reached = {name: first(np.abs(x) < 0.1) for name, x in flat.items()}
for name, k in reached.items():
    print(f"{name:9} 바닥에 닿은 걸음(steps to the bottom): {k:.0f}")
assert reached["SGD"] == np.inf and flat["SGD"][-1] < -3.5
assert max(reached["RMSProp"], reached["Adam"]) < 100 < reached["Momentum"] < 800

# %%
# 그림에서 볼 것
# --------------
#
# - **왼쪽**: 점들은 걸음입니다. SGD는 얕은 골짜기에 멈추고 Momentum은 언덕을 넘어갑니다.
# - **가운데**: 안장점을 떠난 지 열 걸음까지의 길입니다. SGD는 먼저 안장점까지 갔다가 한참 뒤에야
#   방향을 틉니다. RMSProp과 Adam은 안장점에 들르지도 않습니다.
# - **오른쪽**: 고원에서 SGD는 그대로 서 있고, RMSProp과 Adam은 기울기가 작아도 η만 한 걸음을
#   내딛습니다. 바닥에 닿고 한참 뒤에 RMSProp이 가끔 튑니다. 기울기가 0에 가까워지면 나누는 값
#   √h도 0으로 가서, 작은 기울기가 큰 걸음이 되기 때문입니다.
#
# 이 세 곡면에서는 그렇습니다. 나누는 규칙이 언제나 낫다는 뜻은 아닙니다. 얕은 골짜기에서는
# RMSProp과 Adam도 나오지 못했습니다.

fig, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 4))
x = np.linspace(-2.4, 2.4, 200)
left.plot(x, valleys(x), color="0.6")
for name, lift in (("SGD", 0.0), ("Momentum", 0.25)):
    roll = rolls[name]
    left.plot(roll, valleys(roll) + lift, "o", color=COLORS[name], markersize=3, label=name)
left.set(xlabel="x", title=say("얕은 골짜기", "A shallow valley"))
left.legend(title=say("(Momentum은 조금 띄움)", "(Momentum is lifted)"))
contour(saddle, middle, xlim=(-1.7, 0.6), ylim=(-0.3, 1.3), levels=20)
for name, path in ridge.items():
    leaving = path[: int(left_at[name]) + 10]
    middle.plot(*leaving.T, "o-", color=COLORS[name], markersize=2.5, linewidth=1)
    right.plot(flat[name], color=COLORS[name], label=name)
middle.plot(0, 0, "kx", markersize=8)
middle.set_title(say("안장점(×)", "A saddle (×)"))
right.set(xlabel=say("걸음", "Step"), ylabel="x", xscale="symlog", title=say("고원", "A plateau"))
right.legend()
run.finish("ch06_leaving_a_minimum")

"""
기울기는 최솟값을 가리키지 않는다
=================================

책의 6.1.3절은 SGD의 단점을 f(x, y) = x²/20 + y²로 보여 줍니다. 곡면과 등고선과 기울기(gradient)를
나란히 놓고, 화살표가 얼마나 빗나가는지 재어 봅니다.

Most arrows of the gradient miss the minimum, and that is a property of the function, not of SGD.
"""

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from helpers.experiment import begin
from helpers.surface import COLORS, WALKERS, f, gradient, walk
from tinygrad_kr.dtypes import Array
from tinygrad_kr.viz import contour, say

run = begin()

# %%
# 화살표가 빗나가는 각
# --------------------
#
# 격자의 점마다 −∇f의 방향과 (0, 0)으로 가는 방향 사이의 각을 잽니다. 기울기는
# 역전파(backpropagation) 한 번으로 모든 점에서 한꺼번에 구합니다. 점들의 값을 더한 것을 미분하면,
# 점마다의 기울기가 제자리에 남습니다.

side = run.pick(quick=40, default=100)
x, y = np.meshgrid(np.linspace(-10, 10, side), np.linspace(-5, 5, side))


def missed_by(x: Array, y: Array, surface: Callable[[Any, Any], Any] = f) -> Array:
    """화살표와 최솟값 쪽이 이루는 각(도). The angle to the minimum's direction, in degrees."""
    dx, dy = gradient(x, y, surface)
    turn: Array = np.arctan2(dx * y - dy * x, dx * x + dy * y)
    return np.degrees(np.abs(turn))


angles = missed_by(x, y)
for degrees in (10, 30, 60):
    share = 100 * (angles > degrees).mean()
    print(f"{degrees}°보다 더 빗나가는 화살표(arrows that miss by more): {share:.0f} %")
print(f"중앙값(median) {np.median(angles):.0f}°, 가장 큰 각(largest) {angles.max():.1f}°")
assert (angles > 30).mean() > 0.75

# %%
# 가장 크게 빗나가는 각도 계산으로 나옵니다. 두 방향의 곡률이 κ = 2 / 0.1 = 20배 차이 나면 그 각은
# arcsin((κ − 1)/(κ + 1))입니다. κ가 1이면 0°, 커질수록 90°에 다가갑니다.

limit = np.degrees(np.arcsin(19 / 21))
print(f"계산한 한계(the limit): {limit:.1f}°")
assert limit - 1 < angles.max() <= limit

# %%
# 비등방성은 함수의 성질
# ----------------------
#
# 방향에 따라 기울어진 정도가 다른 것을 비등방성(anisotropic)이라고 합니다. f가 비등방성 함수이지,
# SGD가 비등방성인 것이 아닙니다. 그릇만 둥글게 바꾸고 같은 SGD를 같은 학습률로 걷게 하면 곧장
# 내려갑니다.


def bowl(x: Any, y: Any) -> Any:
    return (x**2 + y**2) / 20


steps = 30
zigzag = walk(WALKERS["SGD"], steps)
straight = walk(WALKERS["SGD"], steps, surface=bowl)


def detour(path: Array) -> float:
    """걸은 길이 ÷ 곧은 거리. The way walked over the distance covered."""
    walked = np.hypot(*np.diff(path, axis=0).T).sum()
    return float(walked / np.hypot(*(path[-1] - path[0])))


print(f"둥근 그릇에서 빗나가는 각(round bowl, missed by): {missed_by(x, y, bowl).max():.0f}°")
for name, path in (("f", zigzag), ("둥근 그릇(round bowl)", straight)):
    print(f"길의 길이 ÷ 곧은 거리(walked / distance), {name}: {detour(path):.2f}")
assert missed_by(x, y, bowl).max() < 1e-10
assert detour(zigzag) > 2 and abs(detour(straight) - 1) < 1e-12

# %%
# 그림에서 볼 것
# --------------
#
# - **왼쪽 위**: y 쪽 벽은 가파르고 x 쪽 바닥은 거의 평평합니다.
# - **오른쪽 위**: 화살표는 −∇f입니다. 색이 밝을수록 최솟값 쪽에서 크게 빗나갑니다. 두 축 위에서만
#   (0, 0)을 똑바로 가리킵니다. 화살표의 길이는 기울기의 크기이고, 골짜기 바닥에서는 보이지 않을
#   만큼 짧습니다.
# - **아래**: 같은 SGD, 같은 학습률입니다. 왼쪽은 f라서 지그재그로, 오른쪽은 둥근 그릇이라서 곧게
#   갑니다.

fig = plt.figure(figsize=(10, 7))
ax = fig.add_subplot(2, 2, 1, projection="3d")
ax.plot_surface(x, y, f(x, y), cmap="viridis", linewidth=0)
ax.set(xlabel="x", ylabel="y", title=say("곡면 f", "The surface f"))
ax.view_init(35, -60)

ax = fig.add_subplot(2, 2, 2)
contour(f, ax, xlim=(-10, 10), ylim=(-5, 5))
u, v = np.meshgrid(np.linspace(-9.5, 9.5, 20), np.linspace(-4.5, 4.5, 10))
dx, dy = gradient(u, v)
arrows = ax.quiver(u, v, -dx, -dy, missed_by(u, v), cmap="plasma")
ax.plot(0, 0, "k+", markersize=9)
ax.set(aspect="equal", title=say("등고선과 −∇f", "Contour and −∇f"))
fig.colorbar(arrows, ax=ax, shrink=0.6, label=say("빗나간 각(도)", "Missed by (degrees)"))

below: list[tuple[str, Callable[[Any, Any], Any], Array]] = [
    (say("f 위의 SGD", "SGD on f"), f, zigzag),
    (say("둥근 그릇 위의 같은 SGD", "The same SGD on a round bowl"), bowl, straight),
]
for place, (title, surface, path) in enumerate(below, 3):
    ax = fig.add_subplot(2, 2, place)
    contour(surface, ax, xlim=(-8, 4), ylim=(-3, 3))
    ax.plot(*path.T, "o-", color=COLORS["SGD"], markersize=2.5, linewidth=1)
    ax.plot(0, 0, "k+", markersize=9)
    ax.set(title=title, aspect="equal")
run.finish("ch06_gradient_field")

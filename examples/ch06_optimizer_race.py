"""
옵티마이저들의 경주
===================

일곱 옵티마이저(optimizer)가 f(x, y) = x²/20 + y²의 (−7, 2)에서 함께 출발합니다. 아래 그림의
슬라이더를 끌면 걸음마다 누가 어디에 있는지 볼 수 있습니다. 책의 6.1.7절에 있는 그림을 움직이게 한
것입니다.

All the optimisers of the package race down one bowl: a page with a slider, a GIF, and a still.
"""

import matplotlib.pyplot as plt

from helpers.experiment import begin
from helpers.places import RUNS
from helpers.race import Race
from helpers.surface import COLORS, WALKERS, f, walk
from tinygrad_kr import optim
from tinygrad_kr.viz import contour, say

run = begin()
STEPS = 60

# %%
# 출발
# ----
#
# 경로 그림과 같은 학습률로 걷습니다. AdamW도 나왔습니다. 가중치 감소(weight decay)를 기울기와
# 따로 하는 Adam입니다. 감소는 원점으로 당기는 일이고 마침 최솟값도 원점이므로, 여기서는 AdamW에
# 유리합니다.

racers = {**WALKERS, "AdamW": lambda params: optim.AdamW(params, lr=0.3, weight_decay=0.1)}
colors = {**COLORS, "AdamW": "0.5"}
paths = {name: walk(make, STEPS) for name, make in racers.items()}
losses = {name: f(*path.T) for name, path in paths.items()}
for k in (10, 30, 60):
    ranking = sorted(losses, key=lambda name: losses[name][k])
    print(f"{k}걸음(steps): " + ", ".join(f"{name} {losses[name][k]:.0e}" for name in ranking))
assert all(loss[-1] < loss[0] / 1000 for loss in losses.values())

# %%
# 경주
# ----
#
# ▶를 누르거나 슬라이더를 끌어 보세요. 이름 옆의 수는 그때의 f입니다.

race = Race(paths, colors)
RUNS.mkdir(exist_ok=True)
race.save_html(RUNS / "ch06_optimizer_race.html")
gif = run.pick(
    quick=RUNS / "ch06_optimizer_race.gif",
    default=RUNS / "ch06_optimizer_race.gif",
    full=RUNS.parents[1] / "docs/images/race.gif",  # the one that the README shows
)
race.save_gif(gif, every=run.pick(quick=6, default=1))
print(f"GIF: {gif.relative_to(RUNS.parents[1])}")
race

# %%
# 순위는 설정의 순위
# ------------------
#
# AdaGrad가 이겼습니다. 그렇다고 AdaGrad가 가장 좋은 규칙인 것은 아닙니다. AdaGrad만 학습률이
# 1.5입니다. 같은 AdaGrad를 학습률 0.1로 내보내면 꼴찌입니다. 옵티마이저를 견줄 때는 저마다 알맞은
# 학습률을 먼저 찾아야 합니다.

slow = f(*walk(lambda params: optim.AdaGrad(params, lr=0.1), STEPS)[-1])
print(f"AdaGrad η = 1.5: {losses['AdaGrad'][-1]:.0e},  η = 0.1: {slow:.1f}")
assert losses["AdaGrad"][-1] == min(loss[-1] for loss in losses.values())
assert slow > max(loss[-1] for loss in losses.values())

# %%
# 그림에서 볼 것
# --------------
#
# - **왼쪽**: SGD만 톱니입니다. AdaGrad와 RMSProp은 곧게, 모멘텀(momentum)이 있는 넷은 휘어서
#   갑니다.
# - **오른쪽**: 세로축은 로그입니다. 곧은 선은 걸음마다 같은 비율로 줄어든다는 뜻입니다.
#   Momentum과 Adam은 최솟값을 지나쳤다가 돌아올 때마다 f가 다시 커집니다.

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4), width_ratios=[1.5, 1])
contour(f, left, xlim=(-8, 4), ylim=(-2.5, 2.5))
for name, path in paths.items():
    left.plot(*path.T, "o-", color=colors[name], markersize=2, linewidth=1, label=name)
    right.plot(losses[name], color=colors[name], linewidth=1.2)
left.plot(0, 0, "k+", markersize=9)
left.set_title(say(f"{STEPS}걸음의 길", f"The paths of {STEPS} steps"))
left.legend(ncols=2, fontsize=8)
right.set(xlabel=say("걸음", "Step"), ylabel="f", yscale="log")
right.set_title(say("걸음마다의 f", "f at each step"))
right.grid(alpha=0.3)
run.finish("ch06_optimizer_race")

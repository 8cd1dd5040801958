"""
하이퍼파라미터 찾기: 뽑고, 재고, 좁히기
========================================

학습률과 가중치 감소(weight decay)의 세기는 학습이 정해 주지 않습니다. 사람이 정해야 하는 이런 값을
하이퍼파라미터(hyperparameter)라 합니다. 책의 6.5절은 네 단계로 찾습니다. 범위를 정하고, 그 안에서
무작위로 뽑고, 조금만 학습해 검증 데이터로 재고, 범위를 좁혀 되풀이합니다.

Random search for the learning rate and the weight decay, in the book's four steps (section 6.5).
"""

# %%
# 데이터를 셋으로
# ---------------
# 매개변수는 훈련 데이터로 배웁니다. 하이퍼파라미터는 검증 데이터로 고릅니다. 그렇게 고른 모델의
# 실력은 한 번도 쓰지 않은 시험 데이터로 잽니다. 나뉘어 있지 않은 데이터라면 ``random_split`` 으로
# 6:2:2처럼 나눕니다. MNIST에는 시험 데이터가 따로 있으니, 여기서는 책처럼 훈련 이미지 500장 가운데
# 20 %를 검증에 씁니다.

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LogNorm

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.networks import accuracy, fit, mlp, mnist
from tinygrad_kr import nn, optim, tune, viz
from tinygrad_kr.utils.data import DataLoader, TensorDataset, random_split

run = begin()
x, t, x_test, t_test = mnist(500, 10_000)
digits = TensorDataset(x, t)
three = random_split(digits, [0.6, 0.2, 0.2])
print("6:2:2로 나누면(split 6:2:2):", [len(part) for part in three])
training, validation = random_split(digits, [0.8, 0.2])
x_validation, t_validation = next(iter(DataLoader(validation, batch_size=len(validation))))

# %%
# 무엇을 재는가
# -------------
# 탐색은 함수 하나를 받습니다. 하이퍼파라미터와 씨앗을 받아 학습하고, 검증 정확도를 돌려주는
# 함수입니다. 신경망은 책의 것으로, 100개짜리 은닉층이 여섯입니다. 시도마다 같은 씨앗을 받으므로
# 초깃값과 미니배치의 순서가 같고, 다른 것은 하이퍼파라미터뿐입니다. 뒤에 그릴 학습 곡선도 여기서
# 모아 둡니다.

epochs = run.pick(quick=20, default=50)
curves: dict[float, list[float]] = {}


def train(params: dict[str, Any], seed: int) -> nn.Module:
    torch.manual_seed(seed)
    model = mlp([784, *[100] * 6, 10])
    optimizer = optim.SGD(model.parameters(), params["lr"], weight_decay=params["weight_decay"])
    curve = curves[params["lr"]] = []
    for _ in range(epochs):
        fit(model, optimizer, DataLoader(training, batch_size=100, shuffle=True))
        curve.append(accuracy(model, x_validation, t_validation))
    return model


def objective(params: dict[str, Any], seed: int) -> float:
    return accuracy(train(params, seed), x_validation, t_validation)


# %%
# 네 단계
# -------
# 학습률은 10⁻⁶에서 10⁻², 가중치 감소는 10⁻⁸에서 10⁻⁴ 사이입니다. 크기의 자릿수조차
# 모르는 값이므로 로그 눈금에서 고르게 뽑습니다. 첫 회차의 시도 가운데 점수가 좋은 20 %가 놓인 곳이
# 다음 회차의 범위입니다. 오래 걸리는 탐색이라면 ``record="search.jsonl"`` 을 주세요. 시도가 끝날
# 때마다 한 줄씩 기록하고, 도중에 꺼져도 같은 스크립트를 다시 돌리면 거기서 이어 갑니다.

space = {"lr": tune.LogUniform(1e-6, 1e-2), "weight_decay": tune.LogUniform(1e-8, 1e-4)}
search = tune.RandomSearch(objective, space)
first = search.run(run.pick(quick=10, default=32, full=100))
narrowed = search.narrow(best=0.2)
second = search.run(run.pick(quick=4, default=16, full=100))

print(search.table(best=10))
print("좁힌 범위(narrowed to):", *(f"\n  {name}: {span}" for name, span in narrowed.items()))
one, two = (float(np.median([trial.score for trial in made])) for made in (first, second))
print(f"점수의 중앙값(median score): 1회차(round 1) {one:.3f}, 2회차(round 2) {two:.3f}")
rates = [trial.params["lr"] for trial in search.ranked[: run.pick(quick=3, default=5, full=20)]]
print(f"가장 좋은 {len(rates)}번의 학습률(their rates): {min(rates):.4f}–{max(rates):.4f}")
assert two > 2 * one
assert run.pick(quick=0.001, default=0.005) < min(rates) < max(rates) < 0.01

# %%
# 가장자리를 의심한다
# -------------------
# 좋은 학습률은 범위의 오른쪽 끝인 0.01 가까이에 몰립니다. 두 회차를 거쳐도 범위 밖은 알 수
# 없습니다.
# 가장 좋은 값이 가장자리에 있으면 범위를 옮겨 다시 찾습니다. 1까지 넓히면 더 좋은 학습률이
# 나옵니다. 이 짧은 학습에서는 0.01이 아직 작은 값이었습니다.

wide = tune.RandomSearch(objective, space | {"lr": tune.LogUniform(1e-3, 1)})
wide.run(run.pick(quick=5, default=12, full=50))
print(wide.table(best=3))
assert wide.best.score > search.best.score

# %%
# 시험 데이터로 마무리한다
# ------------------------
# 가장 높은 검증 점수는 여럿 가운데 고른 것이라 실력보다 높기 쉽습니다. 시험 정확도와 견주어 보세요.

for name, best in (("책의 범위(the book's range)", search.best), ("넓힌 범위(wider)", wide.best)):
    tested = accuracy(train(best.params, seed=0), x_test, t_test)
    print(f"{name}: lr {best.params['lr']:.4f} · 검증(validation) {best.score:.3f} · "
          f"시험(test) {tested:.3f}")  # fmt: skip

# %%
# 그림에서 볼 것
# --------------
# - **위**: 점 하나가 시도 하나입니다. 점수는 학습률을 따라 오르지만 가중치 감소와는 거의 상관이
#   없습니다. 격자로 찾았다면 가중치 감소를 바꾸어 보느라 학습률을 몇 가지밖에 보지 못했을 것입니다.
#   무작위로 뽑으면 시도마다 다른 학습률을 봅니다.
# - **아래 왼쪽**: 가장 좋은 시도 스물의 학습 곡선입니다. 학습률이 클수록 빨리 오릅니다.
# - **아래 오른쪽**: 점선은 책의 범위의 끝입니다. 그 너머에서 점수는 더 오르다가 학습률이 너무 크면
#   무너집니다.

figure = plt.figure(figsize=(9.5, 6.6))
panels: Any = figure.subfigures(2, 1)
viz.trials(search, fig=panels[0])
left, right = panels[1].subplots(1, 2)
colour = plt.cm.ScalarMappable(LogNorm(1e-3, 1e-2), "viridis")
for trial in search.ranked[:20]:
    rate = trial.params["lr"]
    left.plot(range(1, epochs + 1), curves[rate], "-", color=colour.to_rgba(rate), linewidth=1)
panels[1].colorbar(colour, ax=left).ax.set_title("lr", fontsize=9)
left.set(xlabel=viz.say("에폭", "epoch"), ylabel=viz.say("검증 정확도", "validation accuracy"))
left.set_title(viz.say("가장 좋은 시도 스물", "the best twenty trials"))
ranges = {viz.say("책의 범위", "the book's range"): search, viz.say("넓힌 범위", "wider"): wide}
for name, made in ranges.items():
    points = np.array([(trial.params["lr"], trial.score) for trial in made.trials])
    right.scatter(*points.T, s=18, linewidths=0, label=name)
right.axvline(1e-2, color="0.6", linestyle="--", linewidth=1)
right.set(xscale="log", xlabel="lr", ylabel=viz.say("점수", "score"))
right.set_title(viz.say("범위를 넓히면", "in a wider range"))
right.legend(loc="upper left")
right.grid(alpha=0.3)
run.finish("ch06_hyperparameters")

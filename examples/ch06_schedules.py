"""
학습률을 줄여 가기
==================

학습률(learning rate)을 처음에 크게, 나중에 작게 하면 빠르면서도 잘 가라앉습니다. 이것이 학습률
감소(learning-rate decay)입니다. 책의 6.1.5절은 모든 매개변수(parameter)를 한꺼번에 줄이는 데서
시작해, 원소마다 따로 줄이는 AdaGrad로 나아갑니다. 여러 스케줄을 MNIST에서 견주고 AdaGrad를 곁에
놓습니다.

Schedules of the learning rate on MNIST, beside AdaGrad, which has a decay for each element.
"""

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.places import RUNS
from tinygrad_kr import nn, optim
from tinygrad_kr.datasets import MNIST
from tinygrad_kr.nn import functional as F
from tinygrad_kr.optim import lr_scheduler
from tinygrad_kr.utils.data import DataLoader, TensorDataset
from tinygrad_kr.viz import say

run = begin()
SEEDS = run.pick(quick=1, default=3)
EPOCHS, EVERY = 4, run.pick(quick=10, default=20)


def images(train: bool, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    data = MNIST(RUNS.with_name("data"), train=train)
    return data.data[:count].float().reshape(-1, 784) / 255, data.targets[:count]


x, t = images(True, run.pick(quick=1500, default=10_000))
x_test, t_test = images(False, 10_000)

# %%
# 다섯 스케줄과 AdaGrad
# ---------------------
#
# 784-50-10 신경망을 배치 20, 네 에폭(epoch)으로 훈련합니다. 걸음마다 ``optimizer.step()`` 다음에
# ``scheduler.step()`` 을 부릅니다. AdaGrad의 η는 SGD의 10분의 1입니다.

Schedule = Callable[[optim.Optimizer, int], lr_scheduler.LRScheduler]
SCHEDULES: dict[str, Schedule] = {
    say("일정", "constant"): lambda o, n: lr_scheduler.LambdaLR(o, lambda step: 1.0),
    say("계단", "step"): lambda o, n: lr_scheduler.MultiStepLR(o, [n // 3, 2 * n // 3], 0.2),
    say("지수", "exponential"): lambda o, n: lr_scheduler.ExponentialLR(o, 0.02 ** (1 / n)),
    say("코사인", "cosine"): lambda o, n: lr_scheduler.CosineAnnealingLR(o, n),
    say("원사이클", "one-cycle"): lambda o, n: lr_scheduler.OneCycleLR(
        o, o.defaults["lr"], n, cycle_momentum=False
    ),
}
CONSTANT, STEP, EXPONENTIAL, COSINE, ONE_CYCLE = SCHEDULES
DECAYS = (STEP, EXPONENTIAL, COSINE, ONE_CYCLE)
NAMES = (*SCHEDULES, "AdaGrad")


@torch.no_grad()
def training_loss(model: nn.Module) -> float:
    """처음 2,000장의 손실. The loss of the first 2,000 training images."""
    loss: float = F.cross_entropy(model(x[:2000]), t[:2000]).item()
    return loss


def train(name: str, lr: float, seed: int) -> dict[str, Any]:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))
    loader = DataLoader(TensorDataset(x, t), batch_size=20, shuffle=True)
    optimizer: optim.Optimizer = optim.SGD(model.parameters(), lr=lr)
    if name == "AdaGrad":
        optimizer = optim.AdaGrad(model.parameters(), lr=lr / 10)
    scheduler = SCHEDULES.get(name, SCHEDULES[CONSTANT])(optimizer, EPOCHS * len(loader))
    losses, rates, h = [], [], []
    for _ in range(EPOCHS):
        for inputs, targets in loader:
            loss = F.cross_entropy(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rates += scheduler.get_last_lr()
            scheduler.step()
            if len(rates) % EVERY == 0:
                losses.append(training_loss(model))
        if name == "AdaGrad":
            h.append(optimizer.state[model[0].weight]["sum"].numpy().flatten())
    right = model(x_test).argmax(dim=1) == t_test
    accuracy = 100 * right.float().mean().item()
    return {"losses": losses, "loss": losses[-1], "accuracy": accuracy, "rates": rates, "h": h}


# %%
# 처음 학습률이 클 때와 작을 때
# -----------------------------
#
# η = 0.5는 이 신경망에 조금 큽니다. η = 0.1은 넉넉히 작습니다. 끝난 뒤에 훈련 데이터 처음
# 2,000장의 손실(loss)과 시험 정확도를 잽니다.

trained = {(0.5, name): [train(name, 0.5, seed) for seed in range(SEEDS)] for name in NAMES}
trained |= {(0.1, name): [train(name, 0.1, 0)] for name in NAMES}


def mean(what: str, lr: float, name: str) -> float:
    return float(np.mean([it[what] for it in trained[lr, name]]))


for lr, name in trained:
    print(f"η = {lr}  훈련 손실(train loss) {mean('loss', lr, name):.3f}  "
          f"시험 정확도(test accuracy) {mean('accuracy', lr, name):.2f} %  {name}")  # fmt: skip
least = mean("loss", 0.1, CONSTANT)
assert all(least < mean("loss", 0.1, name) for name in DECAYS)
assert all(mean("loss", 0.5, name) < least for name in (CONSTANT, COSINE, ONE_CYCLE))
if run.size != "quick":
    level = mean("accuracy", 0.5, CONSTANT)
    assert all(mean("accuracy", 0.5, name) > level for name in DECAYS)
    assert mean("loss", 0.5, ONE_CYCLE) < mean("loss", 0.5, COSINE) < mean("loss", 0.5, CONSTANT)

shake = {}
for name in (CONSTANT, COSINE, ONE_CYCLE):
    losses = trained[0.5, name][0]["losses"]
    shake[name] = np.std(losses[-(len(losses) // 5) :])
    print(f"끝 5분의 1의 흔들림(shake of the last fifth): {shake[name]:.4f}  {name}")
assert max(shake[COSINE], shake[ONE_CYCLE]) < shake[CONSTANT] / 2

# %%
# η = 0.5에서는 줄여 가는 스케줄의 시험 정확도가 모두 더 높습니다. η = 0.1에서는 일정한 학습률의
# 훈련 손실이 가장 작습니다. 이미 작은 학습률을 더 줄이면 걸음만 짧아집니다. 스케줄은 처음을 크게
# 시작하려고 쓰는 것입니다. 여기서 가장 작은 손실도 η = 0.5에서 나왔습니다.
#
# 원소마다의 학습률 감소
# ----------------------
#
# 스케줄은 모든 원소를 똑같이 줄입니다. AdaGrad의 실효 학습률 η/√h는 원소마다 다릅니다. 한 번도
# 기울기(gradient)를 받지 않은 원소(늘 검은 화소의 가중치)는 빼고 봅니다.

first, *_, last = (h[h > 0] for h in trained[0.5, "AdaGrad"][0]["h"])
early, late = 0.05 / np.sqrt(first), 0.05 / np.sqrt(last)
for when, rates in (("첫 에폭(first epoch)", early), ("끝(end)", late)):
    low, middle, high = np.percentile(rates, [10, 50, 90])
    print(f"AdaGrad의 실효 학습률, {when}: 10 % {low:.3f}, 50 % {middle:.3f}, 90 % {high:.3f}")
assert np.median(late) < np.median(early)
assert np.percentile(late, 90) > 50 * np.percentile(late, 10)

# %%
# 그림에서 볼 것
# --------------
#
# - **왼쪽 위**: 원사이클은 올라갔다가 내려옵니다. 나머지는 내려가기만 합니다.
# - **오른쪽 위**: 학습률이 일정하면 손실이 끝까지 흔들립니다. 계단에서는 걸음을 줄인 자리에서
#   손실이 뚝 떨어지고 조용해집니다. 원사이클은 가장 늦게 내려오지만 가장 낮게 닿습니다.
# - **왼쪽 아래**: AdaGrad의 학습률은 원소마다 수백 배 다르고, 훈련할수록 왼쪽으로 움직입니다.
# - **오른쪽 아래**: 일정한 학습률은 η = 0.1에서 가장 좋지만 η = 0.5에서는 아닙니다.

fig, ((schedule, loss), (element, end)) = plt.subplots(2, 2, figsize=(10, 7))
for name in NAMES:
    it = trained[0.5, name][0]
    steps = EVERY * np.arange(1, len(it["losses"]) + 1)
    loss.plot(steps, it["losses"], linewidth=1, label=name)
    if name in SCHEDULES:
        schedule.plot(it["rates"], label=name)
schedule.set(title=say("스케줄 (η = 0.5)", "Schedules (η = 0.5)"), xlabel=say("걸음", "Step"))
schedule.legend()
loss.set(yscale="log", xlabel=say("걸음", "Step"))
loss.set_title(say("훈련 손실 (η = 0.5)", "Training loss (η = 0.5)"))
loss.legend()

bins = np.geomspace(0.05, 1000, 60)
element.hist(early, bins, alpha=0.6, label=say("첫 에폭 뒤", "after the first epoch"))
element.hist(late, bins, alpha=0.6, label=say("끝", "at the end"))
element.set(xscale="log", xlabel="η/√h", title=say("AdaGrad의 실효 학습률", "AdaGrad's rates"))
element.legend()

for lr, marker in ((0.5, "o"), (0.1, "s")):
    end.plot(NAMES, [mean("loss", lr, name) for name in NAMES], marker, label=f"η = {lr}")
end.set(title=say("끝의 훈련 손실", "Final training loss"), ylim=(0, None))
end.legend()
run.finish("ch06_schedules")

r"""
조기 종료: 검증 손실이 가장 낮을 때 멈추기
==========================================

「밑바닥부터 시작하는 딥러닝」 6.4절의 오버피팅(overfitting)을 막는 또 하나의 방법입니다. 책에는
없지만 널리 쓰이고 값도 쌉니다. 에폭(epoch)마다 검증 데이터(validation data)로 손실을 재다가, 한동안
줄지 않으면 학습을 멈추고 가장 좋았던 때의 매개변수로 돌아갑니다. 조기 종료(early stopping)라고
하고, 기다려 주는 에폭 수를 인내(patience)라고 합니다.

Stop where the validation loss is lowest: the test loss gains much, the accuracy does not.
"""

import copy

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.networks import batches, fit, mlp, mnist
from helpers.small_data import SIZES, measure
from tinygrad_kr import nn, optim, viz
from tinygrad_kr.viz import say

run = begin()
x, t, x_test, t_test = mnist(600, run.pick(quick=2000, default=10000))
x, x_validation = x[:300], x[300:]
t, t_validation = t[:300], t[300:]

# %%
# 멈출 때를 아는 반복문
# ---------------------
# 검증 손실이 가장 낮아질 때마다 매개변수를 복사해 둡니다. 인내가 다하면 멈추고 복사해 둔 것을
# 되돌립니다. 시험 데이터는 여기에 끼지 않습니다(:doc:`ch06_validation_split`).


def stop_early(model: nn.Module, optimizer: optim.Optimizer, patience: int = 10) -> tuple[int, int]:
    """가장 좋았던 모델로 돌아가고, 그 에폭과 멈춘 에폭을 돌려준다."""
    lowest, best, epoch = float("inf"), 0, 0
    while epoch - best < patience:
        epoch += 1
        fit(model, optimizer, batches(x, t, 100))
        loss = measure(model, x_validation, t_validation)[1]
        if loss < lowest:
            lowest, best = loss, epoch
            kept = copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    return best, epoch


# %%
# 멈추기와 끝까지 가기
# --------------------
# 같은 초깃값, 같은 미니배치의 순서로 한 번은 조기 종료로, 한 번은 끝까지 학습합니다.
# 확신(confidence)은 신경망이 고른 답에 준 확률의 평균입니다. 확신이 정확도와 같으면 신경망은 제
# 실력을 바로 아는 것입니다.

epochs = run.pick(quick=60, default=100)
seeds = run.pick(quick=1, default=3, full=10)


@torch.no_grad()
def judge(model: nn.Module) -> tuple[float, float, float]:
    accuracy, loss = measure(model, x_test, t_test)
    return accuracy, loss, float(model(x_test).softmax(dim=1).amax(dim=1).mean())


stopped, finished, curves, chosen = [], [], [], []
for seed in range(seeds):
    torch.manual_seed(seed)
    model = mlp(SIZES)
    start, order = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    best, last = stop_early(model, optim.Momentum(model.parameters(), lr=0.01))
    chosen.append((best, last))
    stopped.append(judge(model))
    model.load_state_dict(start)
    torch.set_rng_state(order)
    optimizer = optim.Momentum(model.parameters(), lr=0.01)
    history = []
    for _ in range(epochs):
        fit(model, optimizer, batches(x, t, 100))
        parts = (x, t), (x_validation, t_validation), (x_test, t_test)
        history.append([measure(model, *part)[1] for part in parts])
    curves.append(history)
    finished.append(judge(model))
for name, rows in ((f"{epochs}에폭(epochs)", finished), ("조기 종료(early stopping)", stopped)):
    accuracy, loss, confidence = np.mean(rows, axis=0)
    print(
        f"{name}: 시험 정확도(test accuracy) {accuracy:.3f}, 시험 손실(test loss) {loss:.3f}, "
        f"확신(confidence) {confidence:.3f}"
    )
print("고른 에폭과 멈춘 에폭(kept and stopped):", chosen)
for early, late, (best, last), history in zip(stopped, finished, chosen, curves, strict=True):
    assert last < epochs
    assert best == 1 + np.argmin([validation for _, validation, _ in history[:last]])
    assert early[1] < late[1] - 0.1
    assert early[2] - early[0] < late[2] - late[0]

# %%
# 그림에서 볼 것
# --------------
# - **왼쪽**: 훈련 손실은 0으로 가지만 검증 손실과 시험 손실은 곧 다시 늘어납니다. 두 손실이 바닥을
#   치는 때가 거의 같아서, 검증 손실만 보고도 시험 손실이 낮은 곳에서 멈출 수 있습니다. 세로선이
#   되돌아간 에폭입니다.
# - **오른쪽**: 조기 종료는 시험 손실을 20 % 넘게 줄이고 시간도 4분의 1만 씁니다. 그러나 시험
#   정확도는 끝까지 학습한 쪽이 3 %포인트쯤 높습니다. 이 실험에서 늘어난 손실은 답이 더 틀려서가
#   아니라, 틀린 답을 너무 확신해서 생긴 것입니다.
# - 그러므로 확률을 믿고 써야 하면 손실로, 답만 맞으면 되면 정확도로 멈출 때를 정합니다.

figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), width_ratios=[1.5, 1])
names = say("훈련", "training"), say("검증", "validation"), say("시험", "test")
lines = dict(zip(names, np.moveaxis(np.array(curves), 2, 0), strict=True))
viz.curves(lines, left, xlabel=say("에폭", "epoch"), ylabel=say("손실", "loss"))
left.axvline(np.mean([best for best, _ in chosen]), color="k", linestyle=":")
left.legend(loc="upper right")
bars = np.mean(stopped, axis=0), np.mean(finished, axis=0)
labels = say("조기 종료", "early stopping"), say("끝까지", "to the end")
for shift, bar, label in zip((-0.2, 0.2), bars, labels, strict=True):
    drawn = right.bar(np.arange(3) + shift, bar, 0.36, label=label)
    right.bar_label(drawn, fmt="%.2f", fontsize=8)
kinds = say("정확도", "accuracy"), say("손실", "loss"), say("확신", "confidence")
right.set_xticks(range(3), kinds)
right.set_ylim(0, 1.6)
right.set_title(say("시험 데이터", "test data"))
right.legend(loc="upper left")
run.finish("ch06_early_stopping")

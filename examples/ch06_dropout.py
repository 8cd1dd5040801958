r"""
드롭아웃: 뉴런을 무작위로 쉬게 하기
===================================

「밑바닥부터 시작하는 딥러닝」 6.4.3절의 실험입니다. 드롭아웃(dropout)은 학습할 때마다 은닉층의
뉴런을 무작위로 골라 출력을 0으로 만듭니다. 시험할 때는 모든 뉴런을 씁니다. 그러면 뉴런의 수가
달라지므로 출력의 크기를 맞춰야 하는데, 맞추는 때에 따라 두 방식이 있습니다.

- 책의 방식: 학습할 때는 0으로 만들기만 하고, 시험할 때 (1 − p)를 곱합니다.
- 역 드롭아웃(inverted dropout): 학습할 때 남은 출력을 (1 − p)로 나누고, 시험할 때는 아무것도 하지
  않습니다. PyTorch의 방식입니다.

Dropout narrows the gap on 300 images; the book's form and the inverted one, side by side.
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.networks import mlp, mnist
from helpers.small_data import SIZES, Curves, draw_accuracies, learn
from tinygrad_kr import nn, optim
from tinygrad_kr.viz import say

run = begin()
p = 0.2

# %%
# 두 방식의 평균은 같다
# ---------------------
# 같은 입력을 서로 다른 마스크(mask) 20,000장에 통과시켜 평균을 냅니다. 어느 방식이든 학습할 때의
# 평균이 시험할 때의 출력과 같습니다. 두 방식의 차이는 전체에 곱한 상수 (1 − p)뿐입니다.

x = torch.randn(100)
layers = {kind: nn.Dropout(p, convention=kind) for kind in ("book", "torch")}
for kind, layer in layers.items():
    average = layer.train()(x.expand(20000, 100)).mean(dim=0)
    error = ((average - layer.eval()(x)) / x).abs().max().item()
    print(f"{kind:5}: 평균과 시험 출력의 차이(training mean against evaluation) {error:.2%}")
    assert error < 5 * (p / (1 - p) / 20000) ** 0.5
assert torch.allclose(layers["book"](x), (1 - p) * layers["torch"](x))

# %%
# 역전파(backpropagation)도 같은 마스크를 지납니다. 순전파에서 0이 된 곳의 기울기는 0이고, 지나간
# 곳의 기울기는 순전파의 배율 그대로입니다. ReLU와 같습니다.

for kind, factor in (("book", 1.0), ("torch", 1 / (1 - p))):
    x = torch.randn(1000, requires_grad=True)
    y = layers[kind].train()(x)
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, (y != 0).float() * factor)

# %%
# 책의 설정
# ---------
# 300장, 은닉층 여섯 개, SGD의 학습률 0.01, 301에폭, p = 0.2입니다. 씨앗(seed)을 바꾸며
# 되풀이합니다.

data = mnist(300, run.pick(quick=1000, default=10000))
epochs = run.pick(quick=101, default=301)
seeds = run.pick(quick=1, default=2, full=10)


def repeat(
    rule: Callable[..., optim.Optimizer], epochs: int, dropout: float, kind: str
) -> list[Curves]:
    runs = []
    for seed in range(seeds):
        torch.manual_seed(seed)
        model = mlp(SIZES, dropout=dropout, convention=kind)
        runs.append(learn(model, rule(model.parameters(), lr=0.01), data, epochs, every=20))
    return runs


def report(name: str, runs: list[Curves]) -> None:
    train, test, gap = np.mean([(c.train[-1], c.test[-1], c.gap) for c in runs], axis=0)
    print(f"{name}: 훈련(training) {train:.3f}, 시험(test) {test:.3f}, 차이(gap) {gap:.3f}")


slow = {
    say("없이", "without"): repeat(optim.SGD, epochs, 0.0, "torch"),
    say("책의 방식", "book"): repeat(optim.SGD, epochs, p, "book"),
    say("역 드롭아웃", "inverted"): repeat(optim.SGD, epochs, p, "torch"),
}
for name, runs in slow.items():
    report(f"SGD, {name}", runs)
none, book, inverted = slow.values()
for free, dropped in zip(none, book, strict=True):
    assert dropped.gap < free.gap
assert np.mean([c.gap for c in book]) < np.mean([c.gap for c in none]) - 0.05

# %%
# 끝까지 배우게 하면
# ------------------
# 위에서 책의 방식은 틈이 크게 줄지만, 아직 다 배우지 못해서이기도 합니다. 그래서 더 빨리 배우는
# 모멘텀(momentum, 6.1.4절)으로 훈련 정확도가 둘 다 100%에 이를 때까지 학습해 견줍니다.

enough = run.pick(quick=61, default=161, full=201)
fast = {
    say("없이", "without"): repeat(optim.Momentum, enough, 0.0, "torch"),
    say("역 드롭아웃", "inverted"): repeat(optim.Momentum, enough, p, "torch"),
}
for name, runs in fast.items():
    report(f"Momentum, {name}", runs)
assert all(curves.train[-1] > 0.99 for runs in fast.values() for curves in runs)
tests = [np.mean([curves.test[-1] for curves in runs]) for runs in fast.values()]
assert tests[1] > tests[0] + 0.01

# %%
# 그림에서 볼 것
# --------------
# - **왼쪽**: 책에서처럼 드롭아웃을 쓰면 두 정확도의 틈이 줄고, 훈련 정확도가 100%에 이르지
#   못합니다. 하지만 시험 정확도도 낮습니다. 책의 방식은 학습할 때 신호를 계층마다 평균 0.8배로
#   줄이고 기울기도 그만큼 줄이므로, 여섯 계층을 지나면 학습이 아주 느려집니다. 301에폭으로는
#   모자랍니다.
# - 역 드롭아웃은 신호의 크기를 지키므로 훨씬 빨리 배웁니다. 이 설정에서 틈은 거의 줄지 않습니다.
# - **오른쪽**: 끝까지 배우게 하면 드롭아웃의 몫이 드러납니다. 훈련 정확도는 똑같이 100%인데 시험
#   정확도가 평균 3%포인트쯤 높습니다. 씨앗마다 다르므로 평균을 보아야 합니다.
# - 학습 중의 훈련 정확도도 ``eval()``\ 로 잰 것입니다. 이것을 잊으면 드롭아웃이 켜진 채로 시험하게
#   됩니다.

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True)
draw_accuracies(slow, left)
left.set_title(say(f"SGD, {epochs}에폭", f"SGD, {epochs} epochs"))
draw_accuracies(fast, right)
right.set_title(say(f"모멘텀, {enough}에폭", f"momentum, {enough} epochs"))
run.finish("ch06_dropout")

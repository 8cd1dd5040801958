"""
가중치 감소: 큰 가중치에 벌점 주기
==================================

「밑바닥부터 시작하는 딥러닝」 6.4.2절의 실험입니다. 오버피팅(overfitting)은 가중치가 커져서 일어날
때가 많습니다. 가중치 감소(weight decay)는 손실에 ½λW²을 더해 큰 가중치에 벌점을 줍니다. 그러면
기울기에는 λW가 더해지고, 가중치는 갱신할 때마다 조금씩 0으로 당겨집니다. 오버피팅 실험과 같은
300장, 같은 신경망에서 λ = 0과 책의 λ = 0.1을 견줍니다.

Weight decay narrows the gap between training and test accuracy; the book's λ also costs accuracy.
"""

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.networks import mlp, mnist
from helpers.small_data import SIZES, Curves, draw_accuracies, learn
from tinygrad_kr import nn, optim
from tinygrad_kr.viz import say

run = begin()
data = mnist(300, run.pick(quick=2000, default=10000))

# %%
# 가중치에만
# ----------
# 벌점은 가중치 W에만 줍니다. 편향과 배치 정규화의 γ, β는 그대로 둡니다. 옵티마이저(optimizer)는
# 매개변수를 묶음(group)으로 받으므로 묶음마다 λ를 다르게 줄 수 있습니다. 이 신경망에서 2차원인
# 매개변수는 가중치뿐입니다. 이름으로 고르면 배치 정규화의 γ도 ``weight``\ 라서 함께 걸립니다.


def sgd(model: nn.Module, decay: float) -> optim.SGD:
    weights = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = optim.SGD(others, lr=0.01)
    optimizer.add_param_group({"params": weights, "weight_decay": decay})
    return optimizer


# %%
# 벌점을 손실에 더하든 옵티마이저에 λ를 주든 같은 갱신입니다. 한 걸음을 두 방식으로 걸어 확인합니다.

start = torch.randn(5, 4, dtype=torch.float64)
x = torch.randn(8, 4, dtype=torch.float64)
by_loss, by_rule = (start.clone().requires_grad_() for _ in range(2))
for w, penalty, decay in ((by_loss, 0.1, 0.0), (by_rule, 0.0, 0.1)):
    loss = (x @ w.T).sigmoid().sum() + 0.5 * penalty * (w * w).sum()
    loss.backward()
    optim.SGD([w], lr=0.01, weight_decay=decay).step()
difference = (by_loss - by_rule).abs().max().item()
print(f"벌점과 λ의 차이(penalty against weight_decay): {difference:.1e}")
assert difference < 1e-15

# %%
# λ를 바꾸며 배우기
# -----------------
# 초깃값과 미니배치의 순서는 씨앗(seed)이 정합니다. 한 번의 결과는 우연일 수 있으므로 여러 씨앗으로
# 되풀이합니다.

decays = run.pick(quick=[0.0, 0.1], default=[0.0, 0.01, 0.03, 0.1])
seeds = run.pick(quick=1, default=3, full=10)
runs: dict[float, list[Curves]] = {}
table = []
for decay in decays:
    runs[decay] = []
    for seed in range(seeds):
        torch.manual_seed(seed)
        model = mlp(SIZES)
        runs[decay].append(learn(model, sgd(model, decay), data, epochs=201, every=10))
    ends = [(c.train[-1], c.test[-1], c.gap, c.test_loss[-1]) for c in runs[decay]]
    table.append(np.mean(ends, axis=0))
    train, test, gap, loss = table[-1]
    print(
        f"λ {decay:<4}: 훈련(training) {train:.3f}, 시험(test) {test:.3f}, "
        f"차이(gap) {gap:.3f}, 시험 손실(test loss) {loss:.3f}"
    )
for free, decayed in zip(runs[0.0], runs[0.1], strict=True):
    assert decayed.gap < free.gap - 0.02
if 0.03 in runs:
    for free, decayed in zip(runs[0.0], runs[0.03], strict=True):
        assert decayed.test_loss[-1] < free.test_loss[-1] - 0.05

# %%
# 그림에서 볼 것
# --------------
# - **왼쪽**: 책에서처럼 λ = 0.1이면 훈련 정확도와 시험 정확도의 틈이 좁아지고, 훈련 정확도는 100%에
#   이르지 못합니다.
# - 그런데 틈이 좁아진 것은 훈련 정확도가 내려왔기 때문입니다. 시험 정확도는 오르지 않고 오히려 조금
#   낮습니다. 201에폭에서 λ = 0.1은 이 신경망에 센 편입니다.
# - **오른쪽**: λ = 0.03이면 틈은 거의 그대로지만 시험 손실이 뚜렷이 줄고 시험 정확도도 조금
#   오릅니다. 틈이 좁은 것과 시험 성적이 좋은 것은 다른 일입니다. 알맞은 λ는 검증 데이터로
#   찾습니다(:doc:`ch06_validation_split`).

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
draw_accuracies({f"λ = {decay:g}": runs[decay] for decay in (0.0, 0.1)}, left)
right.plot([f"{decay:g}" for decay in decays], [row[1:] for row in table], "o-")
right.legend(
    [
        say("시험 정확도", "test accuracy"),
        say("두 정확도의 차이", "gap of the accuracies"),
        say("시험 손실", "test loss"),
    ]
)
right.set(xlabel=say("가중치 감소 λ", "weight decay λ"), ylim=(0, 1.2))
run.finish("ch06_weight_decay")

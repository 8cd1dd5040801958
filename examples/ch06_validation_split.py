r"""
검증 데이터: 시험 데이터로 고르면 안 되는 까닭
==============================================

「밑바닥부터 시작하는 딥러닝」 6.5.1절의 이야기입니다. 하이퍼파라미터(hyperparameter)를 고르려면
여러 모델의 성능을 재어 견주어야 합니다. 이때 시험 데이터를 쓰면 안 됩니다. 시험 성적이 가장 좋은
모델에는 실력이 좋은 모델과 운이 좋은 모델이 섞여 있고, 그 성적을 그대로 발표하면 운까지 실력으로
적게 됩니다. 그래서 데이터를 셋으로 나눕니다.

- 훈련 데이터(training data): 매개변수를 학습합니다.
- 검증 데이터(validation data): 하이퍼파라미터를 고릅니다.
- 시험 데이터(test data): 다 고른 뒤에 한 번만 써서 성능을 잽니다.

The best of many models on the test set owes part of its figure to luck; validation data choose.
"""

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.networks import accuracy, fit, mlp, mnist
from tinygrad_kr import Tensor, nn, optim, viz
from tinygrad_kr.utils.data import DataLoader, TensorDataset, random_split
from tinygrad_kr.viz import say

run = begin()
x, t = mnist(10000, 1)[:2]

# %%
# 6:2:2로 나누기
# --------------
# ``random_split``\ 은 비율을 받아 데이터를 섞고 나눕니다. 세 부분은 겹치지 않고, 모으면 전체입니다.
# 순서에 규칙이 있을지 모르는 데이터는 나누기 전에 꼭 섞어야 합니다.

parts = random_split(TensorDataset(x[:500], t[:500]), [0.6, 0.2, 0.2])
print("나눈 크기(sizes):", [len(part) for part in parts])
assert [len(part) for part in parts] == [300, 100, 100]
assert sorted(i for part in parts for i in part.indices) == list(range(500))

# %%
# 여러 모델을 겨루게 하기
# -----------------------
# 500장을 6:2:2로 나누고, 학습률과 초깃값이 제각각인 작은 신경망들을 훈련 데이터로 학습합니다.
# 그리고 검증 데이터와 시험 데이터로 정확도(accuracy)를 잽니다. 데이터를 새로 뽑아 이 대회를 여러 번
# 엽니다.

rounds = run.pick(quick=8, default=30, full=100)
entrants = run.pick(quick=12, default=20, full=50)


def compete(x: Tensor, t: Tensor) -> tuple[list[nn.Module], list[float], list[float]]:
    train, validation, test = random_split(TensorDataset(x, t), [0.6, 0.2, 0.2])
    loader = DataLoader(train, batch_size=50, shuffle=True)
    x_validation, t_validation = next(iter(DataLoader(validation, batch_size=100)))
    x_test, t_test = next(iter(DataLoader(test, batch_size=100)))
    models: list[nn.Module] = []
    for lr in torch.empty(entrants).uniform_(0.05, 0.5).tolist():
        model = mlp([784, 20, 10])
        optimizer = optim.SGD(model.parameters(), lr=lr)
        for _ in range(5):
            fit(model, optimizer, loader)
        models.append(model)
    judged = [accuracy(model, x_validation, t_validation) for model in models]
    tested = [accuracy(model, x_test, t_test) for model in models]
    return models, judged, tested


# %%
# 레이블이 무작위라면
# -------------------
# 먼저 레이블을 모두 무작위로 바꿉니다. 배울 것이 없으므로 어떤 모델이든 진짜 실력은 정확히
# 10%입니다. 시험 데이터로 고르면 실력이 얼마로 보일까요? 후보를 하나씩 늘리며, 고른 모델의 시험
# 정확도를 봅니다.

by_test = np.empty((rounds, entrants))
by_validation = np.empty((rounds, entrants))
for i in range(rounds):
    rows = torch.randperm(len(x))[:500]
    _, judged, tested = compete(x[rows], torch.randint(10, (500,)))
    for k in range(entrants):
        by_test[i, k] = max(tested[: k + 1])
        by_validation[i, k] = tested[np.argmax(judged[: k + 1])]
lucky, fair = by_test[:, -1], by_validation[:, -1]
print(
    f"무작위 레이블(random labels): 시험 데이터로 고르면(chosen on test data) {lucky.mean():.3f}, "
    f"검증 데이터로 고르면(on validation data) {fair.mean():.3f}, 진짜 실력(truth) 0.100"
)
assert lucky.mean() > 0.13
assert abs(fair.mean() - 0.1) < 4 * 0.03 / rounds**0.5

# %%
# 진짜 레이블에서도
# -----------------
# 진짜 레이블로 다시 합니다. 이번에는 진짜 실력을 모르므로, 뽑히지 않은 9,500장으로 재어 진짜로
# 삼습니다. 발표하는 정확도에서 진짜를 뺀 것이 부풀린 만큼입니다.

names = [
    say("시험으로 고르고\n시험 정확도를 발표", "chosen on test,\ntest accuracy\nreported"),
    say("검증으로 고르고\n검증 정확도를 발표", "chosen on validation,\nits accuracy\nreported"),
    say("검증으로 고르고\n시험 정확도를 발표", "chosen on validation,\ntest accuracy\nreported"),
]
errors = np.empty((rounds, 3))
for i in range(rounds):
    order = torch.randperm(len(x))
    x_unseen, t_unseen = x[order[500:]], t[order[500:]]
    models, judged, tested = compete(x[order[:500]], t[order[:500]])
    first, second = int(np.argmax(tested)), int(np.argmax(judged))
    true = [accuracy(models[best], x_unseen, t_unseen) for best in (first, second, second)]
    errors[i] = np.subtract([tested[first], judged[second], tested[second]], true)
means, doubts = errors.mean(axis=0), errors.std(axis=0, ddof=1) / rounds**0.5
for name, mean, doubt in zip(names, means, doubts, strict=True):
    print(f"{' '.join(name.split())}: 부풀림(excess) {mean:+.3f} ± {doubt:.3f}")
assert means[0] > run.pick(quick=0.01, default=0.025)
assert means[0] > means[2]
assert abs(means[2]) < 3 * doubts[2]

# %%
# 그림에서 볼 것
# --------------
# - **왼쪽**: 진짜 실력은 언제나 10%인데, 시험 데이터로 고르면 후보가 많을수록 성적이 오릅니다. 배운
#   것이 없으니 모두 운입니다. 검증 데이터로 고르고 시험 데이터로 재면 10%를 벗어나지 않습니다. 띠는
#   대회마다의 표준편차입니다.
# - **오른쪽**: 점 하나가 대회 한 번이고 굵은 선은 평균과 그 표준오차입니다. 시험 데이터로 고르면
#   정확도를 4%포인트쯤 부풀려 발표하게 됩니다.
# - 검증 데이터도 고르는 데 쓰고 나면 똑같이 부풀려집니다. 고르는 데 쓰지 않은 데이터의 성적만 믿을
#   수 있습니다. 데이터를 둘이 아니라 셋으로 나누는 까닭입니다.
# - 시험 데이터로 모델을 고치고 다시 재기를 되풀이하는 것도 고르는 것입니다. 몇 에폭에서 멈출지를
#   시험 정확도로 정하는 것도 같습니다.

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8))
chosen = {
    say("시험 데이터로 고르면", "chosen on test data"): by_test,
    say("검증 데이터로 고르면", "chosen on validation data"): by_validation,
}
viz.curves(chosen, left, xlabel=say("후보 모델의 수", "candidates"))
left.axhline(0.1, color="k", linestyle=":", label=say("진짜 실력", "truth"))
left.set_ylabel(say("시험 정확도 (무작위 레이블)", "test accuracy (random labels)"))
left.set_xticks(range(1, entrants + 1, 3))
left.legend(loc="upper left")
jitter = np.linspace(-0.12, 0.12, rounds)
for place in range(3):
    right.plot(place + jitter, 100 * errors[:, place], ".", alpha=0.5)
right.errorbar(range(3), 100 * means, 100 * doubts, fmt="k_", markersize=24, capsize=4)
right.axhline(0, color="k", linestyle=":")
right.set_xticks(range(3), names)
right.set_xlim(-0.5, 2.5)
right.set_ylabel(say("발표 − 진짜 (%포인트)", "reported − true (% points)"))
run.finish("ch06_validation_split")

"""
하나씩, 조금씩, 한꺼번에
========================

같은 데이터를 한 개씩, 미니배치(mini-batch) 20개씩, 200개 모두 한꺼번에 보며 직선을 배웁니다. 본
데이터의 수는 셋이 같습니다. 적게 볼수록 한 걸음이 싸고, 그만큼 흔들립니다. 책의 6.1.2절, 그리고
4.4절의 확률적 경사 하강법(stochastic gradient descent)입니다.

One sample, a mini-batch, the full batch: three paths of a line, equal numbers of samples seen.
"""

import time

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from tinygrad_kr import nn, optim
from tinygrad_kr.dtypes import Array
from tinygrad_kr.utils.data import DataLoader, TensorDataset
from tinygrad_kr.viz import paths, say

run = begin()
N, EPOCHS = 200, run.pick(quick=8, default=20)
BATCHES = {
    say("하나씩", "one sample"): 1,
    say("미니배치(20개씩)", "mini-batch of 20"): 20,
    say("한꺼번에", "full batch"): N,
}
x = torch.randn(N, 1) + 0.5
t = 2 * x - 1 + 0.8 * torch.randn(N, 1)

# %%
# 에폭마다 새로 섞고, 하나도 빠짐없이
# -----------------------------------
#
# ``DataLoader`` 는 에폭(epoch)마다 순서를 새로 섞습니다. 한 에폭에 모든 데이터가 꼭 한 번씩
# 나오는지, 순서가 정말 바뀌는지 확인합니다.

loader = DataLoader(TensorDataset(torch.arange(N)), batch_size=20, shuffle=True)
first, second = (torch.cat([index for (index,) in loader]).tolist() for _ in range(2))
print(f"첫 에폭(first epoch) {first[:6]} ..., 다음 에폭(next) {second[:6]} ...")
assert sorted(first) == sorted(second) == list(range(N)) and first != second

# %%
# 세 가지 길
# ----------
#
# 매개변수(parameter)가 가중치 w와 편향 b 둘뿐이므로 손실(loss)의 등고선 위에 길을 그릴 수
# 있습니다. 학습률은 셋 다 0.05입니다.

X, T = x.numpy()[:, 0], t.numpy()[:, 0]
best = np.polyfit(X, T, 1)


def loss(w: Array, b: Array) -> Array:
    """모든 데이터의 평균 제곱 오차. The mean squared error of all data, on arrays of w and b."""
    lines = w[..., np.newaxis] * X + b[..., np.newaxis]
    error: Array = np.mean((lines - T) ** 2, axis=-1)
    return error


def train(batch_size: int, w: float, b: float) -> tuple[Array, float]:
    model = nn.Linear(1, 1)
    nn.init.constant_(model.weight, w)
    nn.init.constant_(model.bias, b)
    optimizer = optim.SGD(model.parameters(), lr=0.05)
    criterion = nn.MSELoss()
    loader = DataLoader(TensorDataset(x, t), batch_size=batch_size, shuffle=True)
    path = [(w, b)]
    start = time.perf_counter()
    for _ in range(EPOCHS):
        for inputs, targets in loader:
            optimizer.zero_grad()
            criterion(model(inputs), targets).backward()
            optimizer.step()
            path.append((model.weight.item(), model.bias.item()))
    return np.array(path), time.perf_counter() - start


walks, losses = {}, {}
for name, batch_size in BATCHES.items():
    path, seconds = train(batch_size, -1.0, 1.5)
    walks[name], losses[batch_size] = path, loss(*path.T)
    print(f"{batch_size:3d}개씩(a step): {len(path) - 1:4d}걸음(steps)  "
          f"손실(loss) {losses[batch_size][-1]:.4f}  {seconds:.3f}초(s)")  # fmt: skip
print(f"가장 작은 손실(the least loss): {loss(*best):.4f}")
assert losses[20][-1] < losses[1][-1] and losses[20][-1] < losses[N][-1]

# %%
# 얼마나 흔들리나
# ---------------
#
# 이번에는 최솟값에서 출발합니다. 모두 함께 보면 기울기(gradient)가 0이라 그 자리에 있습니다.
# 하나씩 보면 데이터마다 당기는 방향이 달라, 최솟값에 있으면서도 계속 흔들립니다. 최솟값에서
# 떨어진 거리의 제곱평균제곱근을 잽니다.

shakes = {}
for batch_size in BATCHES.values():
    path, _ = train(batch_size, *best)
    shakes[batch_size] = np.sqrt(np.mean(np.sum((path - best) ** 2, axis=1)))
    print(f"{batch_size:3d}개씩(a step): 흔들림(shake) {shakes[batch_size]:.5f}")
assert shakes[1] > 4 * shakes[20] > 100 * shakes[N]

# %%
# 한 걸음의 값
# ------------
#
# 위의 직선은 너무 작아서 걸음마다 드는 시간이 거의 같습니다. 입력이 784개인 계층으로 재어 봅니다.
# 한 걸음은 데이터가 적을수록 싸지만, 데이터 하나의 값은 모아서 볼수록 쌉니다. 행렬 곱 한 번이
# 작은 곱 여러 번보다 빠르기 때문입니다.

layer, criterion = nn.Linear(784, 10), nn.MSELoss()
step_seconds = {}
for batch_size in (1, 100, 10_000):
    inputs, times = torch.randn(batch_size, 784), []
    for _ in range(7):
        start = time.perf_counter()
        criterion(layer(inputs), inputs[:, :10]).backward()
        times.append(time.perf_counter() - start)
    step_seconds[batch_size] = float(np.median(times))
    print(f"{batch_size:6,}개(samples): 한 걸음(a step) {1e3 * step_seconds[batch_size]:.2f} ms, "
          f"하나에(a sample) {1e6 * step_seconds[batch_size] / batch_size:.2f} µs")  # fmt: skip
assert step_seconds[1] < step_seconds[10_000] < 10_000 * step_seconds[1]

# %%
# 그림에서 볼 것
# --------------
#
# - **왼쪽**: 하나씩 걸은 길은 최솟값(별) 둘레를 뒤덮습니다. 한꺼번에 걸은 길은 매끈하지만
#   에폭마다 한 걸음뿐이라 아직 가는 중입니다. 미니배치는 그 사이입니다.
# - **오른쪽**: 가로축은 본 데이터의 수입니다. 하나씩이 가장 먼저 내려오지만 끝까지 흔들립니다.
#
# 하나씩 보는 길도 학습률을 줄여 가면 흔들림이 가라앉습니다. 그것이 학습률
# 감소(learning-rate decay)입니다.

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.5))
paths(walks, loss, left, xlim=(-1.3, 3.3), ylim=(-2.3, 1.9), minimum=tuple(best))
left.set(xlabel="w", ylabel="b", title=say("손실의 등고선 위에서", "On the contour of the loss"))
for name, batch_size in BATCHES.items():
    seen = np.arange(len(losses[batch_size])) * batch_size
    right.plot(seen, losses[batch_size], linewidth=1, label=name)
right.axhline(float(loss(*best)), color="0.6", linestyle=":")
right.set(xlabel=say("본 데이터의 수", "Samples seen"), yscale="log")
right.set_title(say("모든 데이터의 손실", "The loss of all data"))
right.legend()
run.finish("ch06_batch_sizes")

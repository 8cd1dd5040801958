"""직선 하나: 경사 하강법이 최소제곱의 닫힌 식에 이른다.

A line: gradient descent arrives at the closed form of least squares.
"""

from __future__ import annotations

import tinygrad_kr as torch
from tinygrad_kr import nn, optim


def main() -> None:
    torch.manual_seed(0)
    x = torch.rand(100, 1) * 4 - 2
    t = 1.5 * x - 0.7 + 0.3 * torch.randn(100, 1)

    # w = Σ(x − x̄)(t − t̄) / Σ(x − x̄)², b = t̄ − w x̄
    spread = x - x.mean()
    slope = (spread * (t - t.mean())).sum() / (spread**2).sum()
    exact = {"w": slope.item(), "b": (t.mean() - slope * x.mean()).item()}

    model = nn.Linear(1, 1)
    criterion = nn.MSELoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for step in range(201):
        loss = criterion(model(x), t)
        if step % 50 == 0:
            print(f"{step:4d}걸음(steps)  손실(loss) {loss.item():.6f}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    learnt = {"w": model.weight.item(), "b": model.bias.item()}
    for name in exact:
        print(f"{name}: 배운 값(learnt) {learnt[name]:.6f}, 닫힌 식(closed form) {exact[name]:.6f}")
        assert abs(learnt[name] - exact[name]) < 1e-4


if __name__ == "__main__":
    main()

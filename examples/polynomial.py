"""다항식: 삼차식 하나로 사인을 흉내 낸다.

A polynomial: a cubic learns the sine over one period. It ends where least squares puts it, and far
nearer to the sine than its Taylor cubic, x − x³/6, which is made for the neighbourhood of 0.
"""

from __future__ import annotations

import math

import numpy as np

import tinygrad_kr as torch
from tinygrad_kr import Tensor, optim


def polynomial(coefficients: Tensor, u: Tensor) -> Tensor:
    """c₀ + c₁u + c₂u² + c₃u³, by Horner's rule."""
    c0, c1, c2, c3 = coefficients
    return c0 + u * (c1 + u * (c2 + u * c3))


def main() -> None:
    torch.manual_seed(0)
    u = torch.linspace(-1, 1, 400)  # x/π: powers of numbers up to 1 stay of one size
    x = math.pi * u
    t = torch.sin(x)

    coefficients = torch.randn(4, requires_grad=True)
    optimizer = optim.SGD([coefficients], lr=0.3, momentum=0.9)
    for step in range(1001):
        loss = ((polynomial(coefficients, u) - t) ** 2).mean()
        if step % 250 == 0:
            print(f"{step:5d}걸음(steps)  손실(loss) {loss.item():.6f}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    learnt = coefficients.detach().numpy()
    exact = np.polynomial.polynomial.polyfit(u.numpy(), t.numpy(), 3)
    in_x = learnt / math.pi ** np.arange(4)
    taylor = ((x - x**3 / 6 - t) ** 2).mean()
    print("sin x ≈ " + " + ".join(f"({c:.4f})x^{i}" for i, c in enumerate(in_x)))
    print(f"최소제곱과의 차이(gap to least squares) {abs(learnt - exact).max():.1e}")
    print(f"평균 제곱 오차(mean squared error): 배운 식(learnt) {loss.item():.4f}, "
          f"테일러(Taylor) {taylor.item():.4f}")  # fmt: skip
    assert abs(learnt - exact).max() < 1e-3
    assert loss.item() < taylor.item() / 50


if __name__ == "__main__":
    main()

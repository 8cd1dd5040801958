"""XOR을 손으로: 순전파도 역전파도 텐서 연산으로만.

XOR by hand: the forward and the backward pass in plain tensor operations, no layers and no
autograd. The hand-made gradients are then held against autograd's.
"""

from __future__ import annotations

import tinygrad_kr as torch
from tinygrad_kr import Tensor

X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
T = torch.tensor([[0.0], [1.0], [1.0], [0.0]])


def forward(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    hidden = torch.tanh(X @ w1 + b1)
    answer = torch.sigmoid(hidden @ w2 + b2)
    loss = ((answer - T) ** 2).sum() / 2
    return hidden, answer, loss


def backward(w2: Tensor, hidden: Tensor, answer: Tensor) -> list[Tensor]:
    """The chain rule, from the loss back to each parameter."""
    d_answer = answer - T
    d_z2 = d_answer * answer * (1 - answer)
    d_hidden = d_z2 @ w2.T
    d_z1 = d_hidden * (1 - hidden**2)
    return [X.T @ d_z1, d_z1.sum(dim=0), hidden.T @ d_z2, d_z2.sum(dim=0)]


def main() -> None:
    torch.manual_seed(0)
    parameters = [torch.randn(2, 8), torch.zeros(8), torch.randn(8, 1), torch.zeros(1)]

    leaves = [p.clone().requires_grad_() for p in parameters]
    forward(*leaves)[2].backward()
    hidden, answer, loss = forward(*parameters)
    by_hand = backward(parameters[2], hidden, answer)
    gaps = [(g - p.grad).abs().max().item() for g, p in zip(by_hand, leaves, strict=True)]
    print(f"손으로 구한 기울기와 autograd의 차이(gap by hand − autograd): {max(gaps):.1e}")
    assert max(gaps) < 1e-6

    for step in range(2001):
        hidden, answer, loss = forward(*parameters)
        if step % 500 == 0:
            print(f"{step:5d}걸음(steps)  손실(loss) {loss.item():.5f}")
        for parameter, gradient in zip(parameters, backward(parameters[2], hidden, answer),
                                       strict=True):  # fmt: skip
            parameter -= gradient
    for (a, b), y in zip(X.tolist(), answer.squeeze(1).tolist(), strict=True):
        print(f"{a:.0f} XOR {b:.0f} = {y:.3f}")
    assert loss.item() < 0.01
    assert ((answer > 0.5) == (T > 0.5)).all()


if __name__ == "__main__":
    main()

"""
Adam의 편향 보정과 ε
====================

Adam에는 눈에 잘 띄지 않는 부품이 둘 있습니다. 처음 걸음을 바로잡는 편향 보정(bias correction)과,
나눗셈을 지키는 ε입니다. 둘을 눈에 보이게 해 봅니다. 책의 6.1.6절입니다.

Adam's bias correction and its ε made visible, the book's convention beside PyTorch's.
"""

import matplotlib.pyplot as plt
import numpy as np

import tinygrad_kr as torch
from helpers.experiment import begin
from helpers.surface import START, f, gradient, walk
from tinygrad_kr import optim
from tinygrad_kr.dtypes import Array
from tinygrad_kr.viz import contour, say

run = begin()

# %%
# m̂는 기울기들의 가중 평균
# -------------------------
#
# m ← β₁m + (1 − β₁)g를 손으로 펴면 m̂₁ = g₁, m̂₂ = (β₁(1 − β₁)g₁ + (1 − β₁)g₂)/(1 − β₁²)입니다.
# β₁ = 0.9이면 m̂₂ ≈ 0.4737 g₁ + 0.5263 g₂입니다.
#
# 옵티마이저(optimizer)에게 직접 물어봅시다. t번째 걸음에서 t번째 원소만 1인 기울기(gradient)를
# 줍니다. 그러면 m̂의 원소가 곧 g₁, g₂, …에 곱해진 몫입니다.

STEPS = 20
w = torch.zeros(STEPS, dtype=torch.float64, requires_grad=True)
optimizer = optim.Adam([w])
shares = []
for step in range(STEPS):
    w.grad = torch.tensor(np.eye(STEPS)[step])
    optimizer.step()
    m = optimizer.state[w]["exp_avg"].numpy()
    shares.append(m / (1 - 0.9 ** (step + 1)))
print(f"m̂₁ = {shares[0][0]:.4f} g₁,  m̂₂ = {shares[1][0]:.4f} g₁ + {shares[1][1]:.4f} g₂")
assert np.allclose(shares[0][:2], [1, 0], rtol=0, atol=1e-15)
assert np.allclose(shares[1][:2], [0.9 * 0.1 / 0.19, 0.1 / 0.19], rtol=0, atol=1e-15)
assert np.allclose(np.sum(shares, axis=1), 1)  # 몫을 더하면 언제나 1

# %%
# 보정을 빼먹으면, 두 번 하면
# ---------------------------
#
# 보정 없이는 m도 √v도 0 쪽으로 치우칩니다. v가 더 심하게 치우쳐서 걸음은 오히려 커집니다. 두
# 보정을 한데 모으면 걸음에 곱하는 수 c = √(1 − β₂ᵗ)/(1 − β₁ᵗ) 하나입니다. c를 곱하지 않으면
# 보정이 없는 것, 두 번 곱하면 버그 박물관의 D2입니다. 아래 식에서는 ``times`` 가 그 횟수입니다.


def adam(times: int, steps: int, lr: float = 0.3) -> Array:
    """c를 times번 곱하는 Adam이 f를 걷는다. Adam on f, corrected so many times."""
    point, m, v = np.array(START), np.zeros(2), np.zeros(2)
    path = [point]
    for t in range(1, steps + 1):
        g = np.array(gradient(*point))
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        c = np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        point = point - lr * c**times * m / (np.sqrt(v) + 1e-7)
        path.append(point)
    return np.array(path)


KINDS = {
    0: say("보정 없음", "no correction"),
    1: say("Adam", "Adam"),
    2: say("두 번 보정(D2)", "corrected twice (D2)"),
}
walks = {times: adam(times, 30) for times in KINDS}
for times, path in walks.items():
    jump = np.abs(path[1] - path[0]) / 0.3
    print(f"c를 {times}번(times): 첫 걸음(first step) {jump[0]:.3f}η, {jump[1]:.3f}η; "
          f"30걸음 뒤(after 30) f = {f(*path[-1]):.3f}")  # fmt: skip
    assert np.allclose(jump, 10 ** (0.5 - 0.5 * times))
ours = walk(lambda params: optim.Adam(params, lr=0.3, convention="book"), 30)
assert np.abs(walks[1] - ours).max() < 1e-12

# %%
# ε는 언제 보이나
# ---------------
#
# 기울기가 늘 g라면 Adam의 걸음은 크기와 상관없이 η입니다. 단, ε보다 훨씬 클 때만 그렇습니다.
# PyTorch는 보정한 √v̂에 10⁻⁸을 더하고, 책은 보정하지 않은 √v에 10⁻⁷을 더합니다. 첫 걸음에서 √v는
# g의 크기의 0.03배뿐이라 책의 ε는 316배 크게 느껴집니다. t가 커지면 그 차이는 두 값의 비인 10배로
# 줄어듭니다.

STEPS = run.pick(quick=3000, default=10_000)
g = np.logspace(-9, 0, 37)
moved = {}
for convention in ("torch", "book"):
    w = torch.zeros(len(g), dtype=torch.float64, requires_grad=True)
    w.grad = torch.tensor(g)
    optimizer = optim.Adam([w], lr=1.0, convention=convention)
    for t in range(1, STEPS + 1):
        before = w.numpy(force=True).copy()
        optimizer.step()
        if t in (1, STEPS):
            moved[convention, t] = before - w.numpy(force=True)
for i in (0, 4, 8, 12, 16, 20, 36):
    print(f"g = {g[i]:.0e}:  첫 걸음(first step) PyTorch {moved['torch', 1][i]:.3f}η, "
          f"책(book) {moved['book', 1][i]:.3f}η;  t = {STEPS:,}: "
          f"{moved['torch', STEPS][i]:.3f}η, {moved['book', STEPS][i]:.3f}η")  # fmt: skip

at = {key: float(np.interp(0.5, steps, g)) for key, steps in moved.items()}
print(f"걸음이 반이 되는 g(half a step at): PyTorch {at['torch', 1]:.1e}, "
      f"책(book) 처음(first) {at['book', 1]:.1e}, 나중(later) {at['book', STEPS]:.1e}")  # fmt: skip
assert abs(at["torch", 1] / 1e-8 - 1) < 1e-6 and abs(at["torch", STEPS] / 1e-8 - 1) < 1e-6
assert abs(at["book", 1] / 1e-7 - 1000**0.5) < 1e-3 and 1 < at["book", STEPS] / 1e-7 < 1.1

# %%
# 그림에서 볼 것
# --------------
#
# - **왼쪽 위**: m̂에서 기울기마다의 몫입니다. 첫 걸음은 g₁이 전부이고, 갈수록 최근 것을 더
#   칩니다. 몫의 합은 언제나 1입니다.
# - **오른쪽 위**: 기울기가 한결같을 때의 걸음입니다. 보정이 없으면 여섯 배 넘게 컸다가 수천 걸음
#   뒤에야 η가 됩니다. 두 번 보정하면 꼭 그만큼 작습니다.
# - **왼쪽 아래**: 보정이 없는 Adam은 처음에 크게 튀어 나가 f를 크게 돕니다. 그런데도 서른 걸음
#   뒤의 f는 Adam과 비슷합니다. 손실(loss)만 보아서는 이런 실수를 알아채기 어렵습니다. 두 번
#   보정한 것은 아직 반도 못 갔습니다.
# - **오른쪽 아래**: 10⁻⁴보다 작은 기울기에서 책과 PyTorch가 갈립니다. 10⁻³을 넘으면 차이가 1 %도
#   안 됩니다.

fig, ((share, size), (way, epsilon)) = plt.subplots(2, 2, figsize=(10, 7))
for t in (1, 2, 5, 10, 20):
    share.plot(np.arange(1, t + 1), shares[t - 1][:t], "o-", markersize=3, label=f"t = {t}")
share.set(xlabel="i", xticks=range(1, 21, 3))
share.set_title(say("m̂ₜ에서 gᵢ의 몫", "The shares of gᵢ in m̂ₜ"))
share.legend()

k = np.arange(1, 5001)
c = np.sqrt(1 - 0.999**k) / (1 - 0.9**k)
contour(f, way, xlim=(-8, 4.5), ylim=(-3, 3))
for times, color in zip(KINDS, ("C1", "C0", "C2"), strict=True):
    size.plot(k, c ** (times - 1), color=color, label=KINDS[times])
    way.plot(*walks[times].T, "o-", color=color, markersize=2.5, linewidth=1)
size.set(xscale="log", yscale="log", yticks=[0.2, 0.5, 1, 2, 5], xlabel=say("걸음 t", "Step t"))
size.yaxis.set_major_formatter("{x:g}")
size.minorticks_off()
size.set_title(say("걸음 ÷ η (기울기가 한결같을 때)", "Step ÷ η (constant gradient)"))
size.legend()
way.plot(0, 0, "k+", markersize=9)
way.set_title(say("f 위의 서른 걸음", "Thirty steps on f"))

lines = {
    say("PyTorch (늘 같음)", "PyTorch (at any t)"): moved["torch", 1],
    say("책, t = 1", "the book, t = 1"): moved["book", 1],
    say(f"책, t = {STEPS:,}", f"the book, t = {STEPS:,}"): moved["book", STEPS],
}
for name, steps in lines.items():
    epsilon.plot(g, steps, label=name)
epsilon.set(xscale="log", xlabel="|g|", title=say("걸음 ÷ η", "Step ÷ η"))
epsilon.legend()
run.finish("ch06_adam_details")

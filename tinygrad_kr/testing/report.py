"""틀린 기울기를 말로: 어디가, 얼마나, 아마도 왜.

A wrong gradient in words: where, by how much, and probably why.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import GradcheckError
from tinygrad_kr.testing.jacobian import Mismatch
from tinygrad_kr.testing.trace import Step

Words = tuple[str, str]
_SAME = 1e-4  # two ratios are one if they are as near as this


class Fault(Exception):
    """What is wrong and, of a gradient, probably why."""

    def __init__(self, what: Words, why: Words | None = None) -> None:
        super().__init__(*what)
        self.what = what
        self.why = why

    def lines(self) -> list[Words]:
        return [self.what] if self.why is None else [self.what, self.why]

    def error(self, check: str) -> GradcheckError:
        """The fault as the error of a check of this name."""
        return _joined(check, self.lines())

    def blamed(self, check: str, first: tuple[Step, Fault] | None) -> GradcheckError:
        """The same, of a composed function whose first faulty operation is known, or is none."""
        if first is None:
            return _joined(check, [*self.lines(), _CUT] if self.why else [self.what])
        step, own = first
        named = (
            f"따로 검사해도 틀린 첫 연산: {step.name} ({step.line})",
            f"The first operation that is wrong by itself: {step.name} ({step.line})",
        )
        if own.what == self.what:
            return _joined(check, [self.what, named, *own.lines()[1:]])
        alone = f"그 연산만 보면 {own.what[0]}", f"By itself: {own.what[1]}"
        return _joined(check, [self.what, named, alone, *own.lines()[1:]])


def _joined(check: str, lines: Sequence[Words]) -> GradcheckError:
    korean, english = ("\n".join(part) for part in zip(*lines, strict=True))
    return GradcheckError(f"{check}: {korean}", f"{check}: {english}")


_CUT = (
    "연산 하나하나의 VJP는 맞습니다. 연산 사이에서 그래프가 끊겼는지 보세요: detach(), .data, "
    "no_grad, NumPy.",
    "The VJP of each operation is right: look for where the graph is cut between them: detach(), "
    ".data, no_grad, NumPy.",
)


def _same(a: Array, b: Array | float) -> bool:
    return bool(np.allclose(a, b, rtol=_SAME, atol=1e-9))


def _cause(found: Mismatch) -> Words:
    """What the ratios of analytic to numerical values look like."""
    a, n = found.all_analytic[found.wrong], found.all_numerical[found.wrong]
    whole, square = found.all_analytic, found.all_numerical
    if not np.isfinite(a).all():
        return (
            "역전파가 유한하지 않은 값을 냈습니다. 0으로 나누거나 정의역을 벗어났는지 보세요.",
            "The backward gave a value that is not finite: a division by 0, or a domain left.",
        )
    if _same(a, 0.0):
        right = found.all_analytic[~found.wrong]
        if found.x.size < found.y.size and not _same(right, 0.0):
            return (
                "일부 자리에서 온 기울기만 있습니다: 브로드캐스트된 차원을 따라 더하는 것을 "
                "잊었는지 보세요.",
                "Only a part of the outputs gives it a gradient: a sum over the broadcast "
                "dimensions is forgotten.",
            )
        return (
            "경로 하나가 빠졌습니다: 기울기가 0입니다. None을 돌려주거나, detach()나 .data, "
            "no_grad, NumPy에서 그래프가 끊겼는지 보세요.",
            "A path is missing, the gradient is 0: a None returned, or a graph cut by detach(), "
            ".data, no_grad or NumPy.",
        )
    if (np.abs(n) > 1e-9).all():
        ratio = a / n
        if _same(ratio, ratio.flat[0]):
            return _constant(float(ratio.flat[0]), found)
        named = _by_value(ratio, found)
        if named is not None:
            return named
    if whole.shape == square.T.shape and _same(whole, square.T):
        return (
            "야코비 행렬이 전치되었습니다. 행렬곱의 순서나 전치(.T)를 보세요.",
            "The Jacobian is transposed: look at the order of a product, or at a missing .T.",
        )
    if _same(a - n, (a - n).flat[0]):
        return (
            f"모든 자리에서 같은 수 {(a - n).flat[0]:.6g}만큼 다릅니다. 더해진 항이나 빠진 항을 "
            "보세요.",
            f"Everywhere off by the same {(a - n).flat[0]:.6g}: a term too many, or one dropped.",
        )
    return (
        "비율이 자리마다 다릅니다. 빠진 항이나 잘못 간직한 값을 보세요.",
        "The ratio differs from place to place: a dropped term, or a wrong value kept.",
    )


def _constant(ratio: float, found: Mismatch) -> Words:
    """The likely cause of one ratio all over."""

    def is_(value: float) -> bool:
        return bool(np.isclose(ratio, value, rtol=_SAME))

    known: list[tuple[bool, str, str]] = [
        (is_(-1), "부호가 반대입니다.", "The sign is wrong."),
        (is_(2), "두 번 더해졌거나, 1/2이 빠졌습니다.", "Counted twice, or a 1/2 forgotten."),
        (is_(0.5), "절반입니다: 2가 빠졌거나, 두 경로 가운데 하나만 더해졌습니다.",
         "Half of it: a 2 forgotten, or one of two paths."),
    ]  # fmt: skip
    sizes = {found.x.size, found.y.size, *found.x.shape, *found.y.shape} - {0, 1}
    for n in sorted(sizes):
        known += [
            (is_(n), f"{n}배입니다: 평균이어야 할 곳이 합입니다(1/{n}이 빠짐).",
             f"{n} times too large: a sum where a mean is meant (1/{n} forgotten)."),
            (is_(1 / n), f"1/{n}배입니다: 합이어야 할 곳이 평균입니다.",
             f"1/{n} of it: a mean where a sum is meant."),
        ]  # fmt: skip
    said = [(korean, english) for fits, korean, english in known if fits]
    if not said and int(found.wrong.sum()) == 1:
        return (
            "한 자리만 보아서는 알 수 없습니다. 원소가 몇 개 있는 입력을 gradcheck에 넣어 보세요.",
            "One place tells too little; give gradcheck an input of a few elements.",
        )
    if not said:
        return (
            f"어디서나 같은 상수 {ratio:.6g}배입니다. 빠지거나 남는 상수를 보세요.",
            f"The same factor {ratio:.6g} everywhere: a constant forgotten, or one too many.",
        )
    return " 또는 ".join(k for k, _ in said), " Or: ".join(e for _, e in said)


def _by_value(ratio: Array, found: Mismatch) -> Words | None:
    """The likely cause of a ratio that goes with the input or the output."""
    ys, xs = np.broadcast_arrays(found.y.reshape(-1, 1), found.x.reshape(1, -1))
    for name, value in (("x", xs[found.wrong]), ("y", ys[found.wrong])):
        of_korean = "입력" if name == "x" else "출력"
        of_english = "input" if name == "x" else "output"
        with np.errstate(all="ignore"):
            if _same(ratio, value):
                return (
                    f"{of_korean} {name}가 한 번 더 곱해졌습니다.",
                    f"Multiplied by the {of_english} {name} once too often.",
                )
            if _same(ratio, 1 / value):
                return (
                    f"{of_korean} {name}를 곱하는 것을 잊었습니다.",
                    f"A factor of the {of_english} {name} is forgotten.",
                )
    return None


def _place(found: Mismatch, inputs: int) -> Words:
    index, position = list(found.index), list(found.position)
    if found.number is None:
        return (
            f"입력을 모두 똑같이 움직일 때(출력 {found.output}의 {position})",
            f"all inputs moved alike (output {found.output} at {position})",
        )
    if found.number < inputs:
        korean, english = f"{found.number}번째 입력", f"input {found.number}"
    else:
        korean = f"{found.number - inputs}번째 grad_output"
        english = f"grad_output {found.number - inputs}"
    return (
        f"{korean}의 {index}에서(출력 {found.output}의 {position})",
        f"{english} at {index} (output {found.output} at {position})",
    )


def fault_of(found: Mismatch, inputs: int) -> Fault:
    """A difference in words, in a check of a function of so many inputs."""
    korean, english = _place(found, inputs)
    if found.unsure:
        return Fault((
            f"{korean} 수치 미분을 믿을 수 없습니다: {found.numerical:.6g} ± {found.error:.2g}. "
            "함수 안에 float32나 반올림, 난수가 있는지 보거나 atol, rtol을 키우세요.",
            f"{english}: the numerical derivative cannot be trusted: {found.numerical:.6g} "
            f"± {found.error:.2g}. Look for float32, rounding or random numbers inside, or raise "
            "atol and rtol.",
        ))  # fmt: skip
    wrong, size = int(found.wrong.sum()), found.wrong.size
    count, counted = f"야코비 행렬 {size}칸 가운데 {wrong}칸", f"{wrong} of {size} in the Jacobian"
    if found.sides is not None:
        low, high = sorted(found.sides)
        if np.isinf(low) or np.isinf(high):
            return Fault((
                f"{korean} 한없이 가파른 점인데, 해석값이 두 쪽의 기울기 사이에 있지 않습니다: "
                f"해석값 {found.analytic:.6g}, 두 기울기 {low:.6g}, {high:.6g}. 틀린 곳: {count}.",
                f"{english} is infinitely steep, and the analytic value is not between the slopes "
                f"of the sides: analytic {found.analytic:.6g}, slopes {low:.6g} and {high:.6g}. "
                f"Wrong: {counted}.",
            ))  # fmt: skip
        return Fault((
            f"{korean} 꺾이는 점(kink)인데, 해석값이 두 쪽의 기울기 사이에 있지 않습니다: 해석값 "
            f"{found.analytic:.6g}, 두 기울기 {low:.6g}, {high:.6g}. 틀린 곳: {count}.",
            f"{english} is a kink, and the analytic value is not between the slopes of the sides: "
            f"analytic {found.analytic:.6g}, slopes {low:.6g} and {high:.6g}. Wrong: {counted}.",
        ))  # fmt: skip
    with np.errstate(all="ignore"):
        ratio = np.float64(found.analytic) / found.numerical
    why, reason = _cause(found)
    return Fault(
        (
            f"{korean} 기울기가 틀립니다: 해석값 {found.analytic:.8g}, 수치값 "
            f"{found.numerical:.8g} ± {found.error:.1g}, 비율 {ratio:.6g}. 틀린 곳: {count}.",
            f"the gradient of {english} is wrong: analytic {found.analytic:.8g}, numerical "
            f"{found.numerical:.8g} ± {found.error:.1g}, ratio {ratio:.6g}. Wrong: {counted}.",
        ),
        (f"까닭: {why}", f"Likely: {reason}"),
    )

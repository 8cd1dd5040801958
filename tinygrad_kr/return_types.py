"""여러 값을 돌려주는 함수의 이름 붙은 튜플.

The named tuples of functions that return several values, by the names of these functions. They show
themselves as PyTorch's do.

>>> import tinygrad_kr as tg
>>> tg.max(tg.tensor([1.0, 3.0]), 0)
torch.return_types.max(
values=tensor(3.),
indices=tensor(1))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from tinygrad_kr.tensor import Tensor

Kind = TypeVar("Kind", bound=tuple["Tensor", ...])


class Selection(NamedTuple):
    """값과 그 인덱스. Values chosen along a dimension, and the indices where they stood."""

    values: Tensor
    indices: Tensor


class Extremes(NamedTuple):
    """가장 작은 값과 가장 큰 값. The smallest and the largest values."""

    min: Tensor
    max: Tensor


class Histogram(NamedTuple):
    """세어 본 수와 구간의 경계. The counts, and the edges of the bins."""

    hist: Tensor
    bin_edges: Tensor


class Frexp(NamedTuple):
    """가수와 지수. A mantissa and an exponent."""

    mantissa: Tensor
    exponent: Tensor


class QR(NamedTuple):
    """직교 행렬과 위 삼각 행렬. An orthogonal and an upper triangular matrix."""

    Q: Tensor
    R: Tensor


class SVD(NamedTuple):
    """특잇값과 그 벡터들. Singular values and their vectors."""

    U: Tensor
    S: Tensor
    Vh: Tensor


class OldSVD(NamedTuple):
    """특잇값과 그 벡터들, V는 전치하지 않은 것. V is not transposed."""

    U: Tensor
    S: Tensor
    V: Tensor


class Eigh(NamedTuple):
    """고윳값과 고유벡터. Eigenvalues and eigenvectors."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class SLogDet(NamedTuple):
    """행렬식의 부호와 로그. The sign and the logarithm of a determinant."""

    sign: Tensor
    logabsdet: Tensor


class LstSq(NamedTuple):
    """최소 제곱의 해와 그에 대한 것. A solution by least squares, and what is known of it."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


class InvEx(NamedTuple):
    """역행렬과 실패한 곳. An inverse, and where it failed."""

    inverse: Tensor
    info: Tensor


class SolveEx(NamedTuple):
    """해와 실패한 곳. A solution, and where it failed."""

    result: Tensor
    info: Tensor


class CholeskyEx(NamedTuple):
    """촐레스키 인수와 실패한 곳. A Cholesky factor, and where it failed."""

    L: Tensor
    info: Tensor


def _shown(self: Any) -> str:
    parts = ",\n".join(map("{}={!r}".format, self._fields, self))
    return f"torch.return_types.{type(self).__name__}(\n{parts})"


def _of(kind: type[Kind], name: str) -> type[Kind]:
    room = {"__slots__": (), "__module__": __name__, "__doc__": kind.__doc__, "__repr__": _shown}
    return type(name, (kind,), room)


cummax = _of(Selection, "cummax")
cummin = _of(Selection, "cummin")
kthvalue = _of(Selection, "kthvalue")
max = _of(Selection, "max")
median = _of(Selection, "median")
min = _of(Selection, "min")
mode = _of(Selection, "mode")
nanmedian = _of(Selection, "nanmedian")
sort = _of(Selection, "sort")
topk = _of(Selection, "topk")
aminmax = _of(Extremes, "aminmax")
histogram = _of(Histogram, "histogram")
frexp = _of(Frexp, "frexp")
qr = _of(QR, "qr")
slogdet = _of(SLogDet, "slogdet")
svd = _of(OldSVD, "svd")
linalg_qr = _of(QR, "linalg_qr")
linalg_svd = _of(SVD, "linalg_svd")
linalg_eigh = _of(Eigh, "linalg_eigh")
linalg_slogdet = _of(SLogDet, "linalg_slogdet")
linalg_lstsq = _of(LstSq, "linalg_lstsq")
linalg_inv_ex = _of(InvEx, "linalg_inv_ex")
linalg_solve_ex = _of(SolveEx, "linalg_solve_ex")
linalg_cholesky_ex = _of(CholeskyEx, "linalg_cholesky_ex")

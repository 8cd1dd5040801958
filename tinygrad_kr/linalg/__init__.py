"""선형대수: torch.linalg의 이름으로.

Linear algebra by the names of ``torch.linalg``, batched everywhere, over NumPy's LAPACK. What is
not here: complex eigenvalues (``eig``, ``eigvals``), LU and Householder factors.
"""

from tinygrad_kr.errors import LinAlgError
from tinygrad_kr.linalg.determinants import det, slogdet
from tinygrad_kr.linalg.factors import eigh, eigvalsh, qr, svd, svdvals
from tinygrad_kr.linalg.norms import cond, matrix_norm, norm, vector_norm
from tinygrad_kr.linalg.products import (
    cross,
    diagonal,
    matrix_exp,
    matrix_power,
    multi_dot,
    vander,
    vecdot,
)
from tinygrad_kr.linalg.rank import lstsq, matrix_rank, pinv
from tinygrad_kr.linalg.solving import (
    cholesky,
    cholesky_ex,
    inv,
    inv_ex,
    solve,
    solve_ex,
    solve_triangular,
    tensorinv,
    tensorsolve,
)
from tinygrad_kr.ops.linalg import matmul

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "inv_ex",
    "lstsq",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]

"""드물게 쓰는 메서드들.

The rarer methods of a tensor. A function whose first argument is the tensor is a method as it is.
"""

from tinygrad_kr.methods.more.indexing import IndexingMethods
from tinygrad_kr.methods.more.pointwise import PointwiseMethods
from tinygrad_kr.methods.more.products import ProductMethods
from tinygrad_kr.methods.more.reduction import ReductionMethods
from tinygrad_kr.methods.more.scripting import ScriptingMethods
from tinygrad_kr.methods.more.shape import ShapeMethods


class MoreMethods(
    PointwiseMethods,
    ReductionMethods,
    ShapeMethods,
    IndexingMethods,
    ProductMethods,
    ScriptingMethods,
):
    """드물게 쓰는 메서드 모두. The rarer methods together."""

    __slots__: tuple[()] = ()

"""out=: 결과를 이미 있는 텐서에 담기.

``out=``, for functions that compute anew: the core's records take it themselves.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from tinygrad_kr.ops.pointwise import into

R = TypeVar("R")


def takes_out(function: Callable[..., R]) -> Callable[..., R]:
    """함수가 out=을 받게 한다.

    Let a function take ``out``, a tensor to write its result into; a tuple of them where its result
    is one.
    """

    @wraps(function)
    def taking(*args: Any, out: Any = None, **kwargs: Any) -> R:
        if out is None:
            return function(*args, **kwargs)
        found: R = into(out, function, *args, **kwargs)
        return found

    own = inspect.signature(function)
    extra = inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None)
    parameters = [*own.parameters.values(), extra]
    taking.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    return taking

"""다른 계산 장치는 없다: 스크립트가 묻거나 정할 때 답할 뿐이다.

There are no other backends; this module answers scripts that ask for them or set their switches.
"""

from typing import Any


class Backend:
    """없는 장치 하나. 스위치는 기억할 뿐이다.

    A backend that is not there. Its switches can be set, and change nothing.
    """

    def __init__(self, **switches: Any) -> None:
        vars(self).update(switches)

    def is_available(self) -> bool:
        """언제나 False. Always False."""
        return False

    def is_built(self) -> bool:
        """언제나 False. Always False."""
        return False


cuda = Backend(matmul=Backend(allow_tf32=False))
cudnn = Backend(enabled=False, benchmark=False, deterministic=False, allow_tf32=False)
mps, mkl, mkldnn, openmp = Backend(), Backend(), Backend(), Backend()

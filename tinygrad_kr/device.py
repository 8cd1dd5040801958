"""장치: CPU 하나뿐이다.

Devices: there is one, the CPU.
"""

from __future__ import annotations

from typing import Any

from tinygrad_kr.errors import DeviceError


class device:
    """텐서가 있는 곳.

    Where a tensor is: ``device("cpu")``; any other is a DeviceError.
    """

    type = "cpu"
    index = None

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        name = type.type if isinstance(type, device) else str(type)
        if name.partition(":")[0] != "cpu":
            raise DeviceError(
                f"CPU에서만 돕니다. {name!r} 대신 'cpu'를 쓰세요.",
                f"tinygrad_kr runs on the CPU only; use 'cpu' instead of {name!r}.",
            )

    def __repr__(self) -> str:
        return "device(type='cpu')"

    def __str__(self) -> str:
        return "cpu"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) or other == "cpu"

    def __hash__(self) -> int:
        return hash("cpu")


cpu = device()


def check_device(value: Any) -> device:
    """장치가 CPU인지 확인한다(None은 CPU).

    The device that ``value`` names; None means the CPU.
    """
    return cpu if value is None else device(value)

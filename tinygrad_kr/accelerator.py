"""가속기는 없다: 스크립트가 물을 때 답할 뿐이다.

There is no accelerator; this module answers scripts that ask.
"""


def is_available() -> bool:
    """언제나 False. Always False."""
    return False


def device_count() -> int:
    """언제나 0. Always 0."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """언제나 None. Always None."""


def synchronize(device: object = None) -> None:
    """기다릴 것이 없다. Nothing to wait for."""


def empty_cache() -> None:
    """비울 것이 없다. Nothing to empty."""

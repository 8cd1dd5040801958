"""GPU는 없다: 스크립트가 물을 때 답할 뿐이다.

There is no GPU; this module answers scripts that ask.
"""


def is_available() -> bool:
    """언제나 False. Always False."""
    return False


def device_count() -> int:
    """언제나 0. Always 0."""
    return 0


def empty_cache() -> None:
    """비울 것이 없다. Nothing to empty."""


def manual_seed(seed: int) -> None:
    """할 일이 없다(GPU가 없다). Nothing to seed."""


manual_seed_all = manual_seed

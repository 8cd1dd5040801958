"""길이가 다른 열: 채우기와 묶기.

Sequences of several lengths, padded and packed; to be written here.
"""

__all__: list[str] = []

"""드물게 쓰는 이름들.

Rarer names, to be written here.
"""

__all__: list[str] = []

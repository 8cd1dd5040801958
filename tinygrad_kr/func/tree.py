"""나무: 사전, 튜플, 목록이 겹친 것.

Trees: values in dicts, tuples (named ones too) and lists, one inside the other.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any


def tree_map(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """나무의 잎마다 f를 부른다.

    The tree of what ``f`` gives for each leaf, and for what stands in its place in ``others``.
    """
    kind = type(tree)
    if kind in (dict, OrderedDict):
        return kind((k, tree_map(f, v, *(o[k] for o in others))) for k, v in tree.items())
    if kind in (tuple, list) or hasattr(kind, "_fields"):
        made = [tree_map(f, *nodes) for nodes in zip(tree, *others, strict=True)]
        return kind(*made) if hasattr(kind, "_fields") else kind(made)
    return f(tree, *others)


def leaves_of(tree: Any) -> list[Any]:
    """나무의 잎들.

    The leaves of a tree, in order.
    """
    found: list[Any] = []
    tree_map(found.append, tree)
    return found


def rebuilt(tree: Any, leaves: Iterable[Any]) -> Any:
    """잎을 바꾼 나무.

    A tree of that structure with other leaves.
    """
    rest = iter(leaves)
    return tree_map(lambda _: next(rest), tree)


def structure(tree: Any) -> Any:
    """나무의 구조: 잎이 모두 ``"*"``인 나무.

    The structure, to be compared and shown: the tree with ``"*"`` for every leaf.
    """
    return tree_map(lambda _: "*", tree)

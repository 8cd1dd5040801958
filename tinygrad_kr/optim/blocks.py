"""규칙을 빠르게 적용하는 길: 작은 배열은 모으고, 큰 배열은 나눈다.

The fast way of a rule over many arrays. A rule treats every element alike, so small arrays are
gathered into one, and large ones cut into blocks that stay in the cache. The bits are the same
either way.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from operator import is_
from typing import Any, Final

import numpy as np

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.dtypes import Array

Rule = Callable[..., None]
# The number of a parameter, a part of its array and of those of its state, and where that part is;
# None for all of it.
Block = tuple[int, Array, Mapping[str, Array], slice | None]

# All measured. In elements: a small array, and a block; and how many small arrays are worth
# gathering. A second thread takes half the blocks of a large step in 0.6 of the time, but not in a
# training loop, where the BLAS's waiting threads are in its way.
SMALL: Final = 1 << 12
BLOCK: Final = 1 << 18
MANY: Final = 3


class Plan:
    """한 그룹의 배열들을 어떻게 지나갈지.

    How a rule goes over parameters, each with the tensors of its state by name; those of one kind
    take it with the same keywords. Good as long as it :meth:`fits`.
    """

    def __init__(
        self,
        params: Sequence[Array],
        states: Sequence[Mapping[str, TensorBase]],
        kinds: Sequence[int],
    ) -> None:
        alike: dict[Hashable, list[int]] = {}
        for i, param in enumerate(params):
            if param.size <= SMALL:
                alike.setdefault((kinds[i], param.dtype), []).append(i)
        # Where one may be a view of another they go one by one, in order.
        apart = len({id(p if p.base is None else p.base) for p in params}) == len(params)
        # Three copies each pay only if there is state, and so more to do than to add.
        pays = apart and any(states)
        chosen = [members for members in alike.values() if pays and len(members) >= MANY]
        self.packs = [Pack(members, params, states) for members in chosen]
        packed = {i for members in chosen for i in members}
        arrays = [{name: t._array for name, t in state.items()} for state in states]
        self.blocks = [
            block
            for i, param in enumerate(params)
            if i not in packed
            for block in _blocks(i, param, arrays[i])
        ]
        self.held = [*params, *(a for state in arrays for a in state.values())]
        self.kinds = kinds

    def fits(self, arrays: Sequence[Array], kinds: Sequence[int]) -> bool:
        """Whether all arrays are those that it was made for, and of the same kinds."""
        same = len(arrays) == len(self.held) and kinds == self.kinds
        return same and all(map(is_, arrays, self.held))

    def run(
        self, rule: Rule, grads: Sequence[Array], keywords: Mapping[int, dict[str, Any]]
    ) -> None:
        """Call the rule on everything, with the keywords of each kind."""
        for pack in self.packs:
            pack.gather(grads)
            rule(pack.param, pack.grad, **pack.state, **keywords[self.kinds[pack.members[0]]])
            pack.scatter()
        for i, param, state, part in self.blocks:
            rule(param, _part(grads[i], part), **state, **keywords[self.kinds[i]])


class Pack:
    """모은 작은 매개변수들.

    Small parameters as one: an array each for the parameters, the gradients and every state, and
    their parts in the parameters' shapes. From now on the state is here, its tensors show the
    parts; the parameters stay where they are, and are copied in and out.
    """

    def __init__(
        self,
        members: list[int],
        params: Sequence[Array],
        states: Sequence[Mapping[str, TensorBase]],
    ) -> None:
        self.members, self.params = members, [params[i] for i in members]
        cuts = list(pairwise(accumulate((p.size for p in self.params), initial=0)))

        def room() -> tuple[Array, list[Array]]:
            flat = np.empty(cuts[-1][1], self.params[0].dtype)
            pairs = zip(self.params, cuts, strict=True)
            return flat, [flat[i:j].reshape(p.shape) for p, (i, j) in pairs]

        self.param, self.param_parts = room()
        self.grad, self.grad_parts = room()
        self.state = {}
        for name in states[members[0]]:
            self.state[name], parts = room()
            for i, part in zip(members, parts, strict=True):
                tensor = states[i][name]
                part[...] = tensor._array
                tensor._array = part

    def gather(self, grads: Sequence[Array]) -> None:
        for i, part in zip(self.members, self.grad_parts, strict=True):
            part[...] = grads[i]
        for param, part in zip(self.params, self.param_parts, strict=True):
            part[...] = param

    def scatter(self) -> None:
        for param, part in zip(self.params, self.param_parts, strict=True):
            param[...] = part


class Plans(dict[int, Plan]):
    """그룹마다의 계획. The plans of an optimiser's groups; a copy of it makes its own."""

    def __reduce__(self) -> Any:
        return Plans, ()


def _blocks(i: int, param: Array, state: Mapping[str, Array]) -> Iterator[Block]:
    if param.size <= BLOCK or not all(a.flags.c_contiguous for a in (param, *state.values())):
        yield i, param, state, None
        return
    for start in range(0, param.size, BLOCK):
        part = slice(start, start + BLOCK)
        yield i, _part(param, part), {name: _part(a, part) for name, a in state.items()}, part


def _part(array: Array, part: slice | None) -> Array:
    return array if part is None else array.reshape(-1)[part]

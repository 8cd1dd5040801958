"""옵티마이저의 바탕: 매개변수 그룹과 상태.

The base of the optimisers: it keeps ordered parameter groups and each parameter's state; the
arithmetic of a rule is a pure function of arrays in the rule's own file.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, ClassVar, Final

import numpy as np

from tinygrad_kr.autograd.mode import enable_grad
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, InplaceError, StateDictError
from tinygrad_kr.optim.state import Group, State, parts, state_tensor, step_count
from tinygrad_kr.tensor import Tensor

# What PyTorch, or an older one, leaves out of a saved group, and what that means.
_UNSAID: Final[Group] = {"convention": "torch", "decoupled_weight_decay": False, "maximize": False}
Params = Iterable[Tensor | tuple[str, Tensor] | Group]


class Optimizer:
    """옵티마이저(최적화 기법)의 바탕.

    The base class of all optimisers. A rule adds ``_check``, which refuses bad hyperparameters of a
    group, and ``_update``, which hands one parameter's arrays to its pure function; or, as in
    PyTorch, it overrides :meth:`step`.

    Args:
        params: 텐서나 (이름, 텐서)의 순서 있는 모음, 또는 ``"params"``가 있는 dict(그룹)의 리스트.
            An ordered iterable of tensors, of (name, tensor) pairs, or of dict groups.
        defaults: 그룹이 따로 정하지 않은 하이퍼파라미터의 값.
            The hyperparameters of a group that sets none of its own.

    Raises:
        ArgumentError: no parameters, one given twice, or something that is no leaf tensor.
        HyperparameterError: a hyperparameter outside its range, NaN included.
    """

    # The state of one parameter: its names, and whether each is there from the first step on.
    # None in a class of the user's own, whose state is loaded as it is.
    _slots: ClassVar[dict[str, bool] | None] = None

    def __init__(self, params: Params, defaults: Group) -> None:
        self.defaults = dict(defaults)
        self.state: defaultdict[Tensor, State] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._check(dict(defaults))
        groups: list[Any] = _listed(params)
        if not groups:
            raise ArgumentError(
                "매개변수가 하나도 없습니다. model.parameters()가 비어 있지 않은지 확인하세요.",
                "The parameter list is empty; see whether model.parameters() yields any.",
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _check(self, group: Group) -> None:
        """Refuse what is wrong in ``group``; leave plain Python numbers in it."""

    def _update(self, param: Array, grad: Array, state: State, group: Group) -> None:
        """Take one step of the rule on one parameter's arrays, in place."""
        raise NotImplementedError

    def add_param_group(self, param_group: Group) -> None:
        """매개변수 그룹을 더한다.

        Add a group: a dict with ``"params"`` and the hyperparameters that differ from the defaults.

        Raises:
            ArgumentError: the group is malformed, or has a parameter that is already here.
            HyperparameterError: a hyperparameter outside its range.
        """
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise ArgumentError(
                f"매개변수 그룹은 'params'가 있는 dict여야 합니다: {type(param_group).__name__}.",
                f"A parameter group is a dict with 'params', not {type(param_group).__name__}.",
            )
        given = param_group["params"]
        params, names = _named([given] if isinstance(given, Tensor) else _listed(given))
        group: Group = {**self.defaults, **param_group, "params": params}
        if names:
            group["param_names"] = names
        self._check(group)
        for other in self.param_groups:
            if ("param_names" in other) != ("param_names" in group):
                raise _mixed_names()
        seen = {id(p) for p in self._params()}
        for i, p in enumerate(params):
            if id(p) in seen:
                raise ArgumentError(
                    f"같은 매개변수가 두 번 있습니다({i}번, 형상 {tuple(p.shape)}).",
                    f"Parameter {i} of the group (shape {tuple(p.shape)}) is given twice.",
                )
            seen.add(id(p))
        self.param_groups.append(group)

    def _params(self) -> Iterator[Tensor]:
        """Every parameter, in the order of the groups."""
        return (p for group in self.param_groups for p in group["params"])

    def zero_grad(self, set_to_none: bool = True) -> None:
        """모든 매개변수의 기울기를 지운다.

        Clear the gradient of every parameter: ``None``, or zeros with ``set_to_none=False``.
        """
        for p in self._params():
            if set_to_none or p.grad is None:
                p.grad = None
                continue
            if p.grad.requires_grad:
                p.grad = p.grad.detach()
            p.grad._array.fill(0)
            p.grad._version[0] += 1

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """매개변수를 한 번 갱신한다.

        Take one step. A parameter whose ``grad`` is None is passed over, its weight decay too.

        Args:
            closure: 손실을 다시 계산해 돌려주는 함수(선택).
                A function that computes the loss anew; its result is returned.

        Raises:
            InplaceError: a parameter's array is read-only; nothing has been changed.
            HyperparameterError: a group holds a bad value by now; nothing has been changed.
        """
        if closure is not None and not callable(closure):
            raise ArgumentError(
                f"closure는 함수여야 합니다: {type(closure).__name__}.",
                f"closure must be callable, not {type(closure).__name__}.",
            )
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        due = [
            (p, p.grad._array, group)
            for group in self.param_groups
            for p in group["params"]
            if p.grad is not None
        ]
        for group in self.param_groups:
            self._check(group)
        for p, _, _ in due:
            if not p._array.flags.writeable:
                raise InplaceError(
                    f"읽기 전용 배열은 갱신할 수 없습니다(형상 {tuple(p.shape)}). 복사해서 쓰세요.",
                    f"A parameter (shape {tuple(p.shape)}) is on a read-only array; copy it first.",
                )
        with np.errstate(all="ignore"):
            for p, grad, group in due:
                self._update(p._array, grad, self.state[p], group)
                p._version[0] += 1
        return loss

    def state_dict(self) -> dict[str, Any]:
        """상태를 PyTorch의 형식으로 돌려준다.

        The whole state in PyTorch's format, ``{"state": {index: ...}, "param_groups": [...]}``,
        where an index counts the parameters through all groups. It is a copy, which later steps
        leave alone.
        """
        index = {p: i for i, p in enumerate(self._params())}
        return {
            "state": {
                index[p]: {name: copy.deepcopy(value) for name, value in state.items()}
                for p, state in self.state.items()
                if p in index and state
            },
            "param_groups": [
                {k: copy.deepcopy(v) for k, v in group.items() if k != "params"}
                | {"params": [index[p] for p in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """state_dict()의 결과로 되돌린다. PyTorch의 것도 받는다.

        Go back to a :meth:`state_dict`, ours or PyTorch's. It is copied; state takes the dtype of
        its parameter. Parameters are matched by order, and keep the names that they have here.

        Raises:
            StateDictError: groups, names or shapes do not fit; nothing has been changed.
            HyperparameterError: a hyperparameter outside its range; nothing has been changed.
        """
        saved_groups, saved_states = parts(state_dict)
        if len(saved_groups) != len(self.param_groups):
            raise StateDictError(
                f"그룹의 수가 다릅니다: 저장된 것 {len(saved_groups)}, "
                f"지금 {len(self.param_groups)}.",
                f"The state dict has {len(saved_groups)} parameter groups, "
                f"this optimizer {len(self.param_groups)}.",
            )
        params: dict[Hashable, Tensor] = {}
        groups = []
        for i, (group, saved) in enumerate(zip(self.param_groups, saved_groups, strict=True)):
            groups.append(self._loaded_group(i, group, saved))
            params.update(zip(saved["params"], group["params"], strict=True))
        if len(params) != sum(len(group["params"]) for group in groups):
            raise StateDictError(
                "저장된 그룹들에 같은 매개변수 번호가 두 번 있습니다.",
                "The state dict's groups name a parameter index twice.",
            )
        state: defaultdict[Tensor, State] = defaultdict(dict)
        for key, values in saved_states.items():
            if key not in params or not isinstance(values, dict):
                raise StateDictError(
                    f"저장된 상태의 번호 {key!r}에 맞는 매개변수가 없습니다.",
                    f"The state dict has a state for {key!r}, which is no parameter of its groups.",
                )
            state[params[key]] = self._loaded_state(key, params[key], values)
        self.state, self.param_groups = state, groups

    def _loaded_group(self, i: int, group: Group, saved: Group) -> Group:
        count = len(group["params"])
        if len(saved["params"]) != count:
            raise StateDictError(
                f"{i}번 그룹의 매개변수 수가 다릅니다: "
                f"저장된 것 {len(saved['params'])}, 지금 {count}.",
                f"Parameter group {i} has {len(saved['params'])} parameters in the state dict, "
                f"{count} here.",
            )
        unsaid = {name: value for name, value in _UNSAID.items() if name in self.defaults}
        options: Group = {**unsaid, **saved}
        missing = [name for name in self.defaults if name not in options]
        if missing:
            raise StateDictError(
                f"{i}번 그룹에 하이퍼파라미터가 없습니다: {', '.join(missing)}.",
                f"Parameter group {i} of the state dict lacks {', '.join(missing)}.",
            )
        own = {k: v for k, v in group.items() if k in ("params", "param_names")}
        options = {k: copy.deepcopy(v) for k, v in options.items() if k != "param_names"}
        loaded = {**group, **options, **own}
        self._check(loaded)
        return loaded

    def _loaded_state(self, key: Hashable, p: Tensor, saved: State) -> State:
        if self._slots is None:
            return copy.deepcopy(saved)
        values = {name: value for name, value in saved.items() if value is not None}
        unknown = [str(name) for name in values if name not in self._slots]
        missing = [n for n, always in self._slots.items() if always and n not in values]
        if values and (unknown or missing):
            expected = ", ".join(self._slots) or "-"
            raise StateDictError(
                f"매개변수 {key!r}의 상태가 {type(self).__name__}의 것({expected})이 아닙니다: "
                f"{', '.join(map(str, values))}.",
                f"The state of parameter {key!r} ({', '.join(map(str, values))}) is not that of "
                f"{type(self).__name__} ({expected}).",
            )
        return {
            name: step_count(value) if name == "step" else state_tensor(name, value, p)
            for name, value in values.items()
        }

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
            lines.append("")
        return "\n".join([*lines[:-1], ")"])


def _listed(params: Any) -> list[Any]:
    if isinstance(params, set | frozenset):
        raise ArgumentError(
            "매개변수를 set으로 줄 수 없습니다(순서가 없습니다). 리스트로 주세요.",
            "Parameters in a set have no order; give a list.",
        )
    if isinstance(params, Tensor | dict | str) or not isinstance(params, Iterable):
        raise ArgumentError(
            f"매개변수는 텐서나 dict 그룹의 모음이어야 합니다: {type(params).__name__}. "
            "리스트로 감싸세요.",
            f"Parameters come as an iterable of tensors or of dict groups, not as "
            f"{type(params).__name__}; wrap it in a list.",
        )
    return list(params)


def _named(items: list[Any]) -> tuple[list[Tensor], list[str]]:
    """The tensors of a group and, where pairs were given, their names."""
    params: list[Tensor] = []
    names: list[str] = []
    for i, item in enumerate(items):
        p = item
        if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str):
            names.append(item[0])
            p = item[1]
        if not isinstance(p, Tensor):
            raise ArgumentError(
                f"옵티마이저는 텐서만 갱신합니다: {i}번은 {type(p).__name__}입니다.",
                f"An optimizer updates tensors only; item {i} is of type {type(p).__name__}.",
            )
        if not p.is_leaf:
            raise ArgumentError(
                f"계산의 결과인 텐서는 갱신할 수 없습니다({i}번, 형상 {tuple(p.shape)}). "
                "Parameter나 detach()한 텐서를 주세요.",
                f"Item {i} (shape {tuple(p.shape)}) is the result of a computation, no leaf; give "
                "a Parameter or a tensor from detach().",
            )
        params.append(p)
    if names and len(names) != len(params):
        raise _mixed_names()
    return params, names


def _mixed_names() -> ArgumentError:
    return ArgumentError(
        "이름이 있는 매개변수와 없는 매개변수를 섞을 수 없습니다.",
        "Parameters with names and without cannot be mixed in one optimizer.",
    )

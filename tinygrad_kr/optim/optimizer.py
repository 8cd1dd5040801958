"""옵티마이저의 바탕.

The base of the optimisers.
"""

from __future__ import annotations

import copy
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from operator import is_
from typing import Any, Final, TypedDict

import numpy as np

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.autograd.engine import clear_grad
from tinygrad_kr.autograd.mode import enable_grad
from tinygrad_kr.autograd.quiet import quietly
from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError, InplaceError, StateDictError
from tinygrad_kr.hyperparameters import wrong_kind
from tinygrad_kr.optim.blocks import Plan, Plans
from tinygrad_kr.tensor import Tensor

Group = dict[str, Any]
State = dict[str, Any]
Params = Iterable[Tensor] | Iterable[Group]
# The rule's keywords, and its state arrays with what they begin as.
Settled = tuple[dict[str, Any], dict[str, float]]

# What PyTorch may leave out of a saved group, and what that means.
_UNSAID: Final[Group] = {"convention": "torch", "decoupled_weight_decay": False, "maximize": False}


class How(TypedDict, total=False):
    """PyTorch에게 계산하는 방법을 고르는 선택들. 여기에서는 아무것도 바꾸지 않는다.

    How PyTorch is to compute a step. Taken for compatibility: the step is the same.
    """

    foreach: bool | None
    fused: bool | None
    capturable: bool
    differentiable: bool


class Optimizer:
    """옵티마이저(최적화 기법)의 바탕.

    The base class of all optimisers. A rule adds ``_check``, which refuses bad hyperparameters of a
    group, and ``_update``, which hands one parameter's arrays to its pure function; or, as in
    PyTorch, it overrides :meth:`step`. Where the pure function treats every element alike, it can
    be named as ``_rule`` instead, with ``_keywords`` and ``_arrays`` for its arguments.

    Args:
        params: an ordered iterable of tensors, or of dict groups with ``"params"`` and
            hyperparameters of their own.
        defaults: the hyperparameters of a group that sets none.
        foreach, fused, capturable: taken for compatibility (:class:`How`).

    Raises:
        ArgumentError: no parameters, one given twice, or something that is no leaf tensor.
        HyperparameterError: a hyperparameter outside its range, NaN included.
    """

    # The names in a parameter's state: those there from the first step on, and those that may be.
    # None in a class of the user's own, whose state is loaded as it is.
    _slots: tuple[str, ...] | None = None
    _optional_slots: tuple[str, ...] = ()
    # Those of them that are numbers, beside ``step``.
    _numbers: tuple[str, ...] = ()
    # The hyperparameters that are no keywords of the rule.
    _not_for_rule: tuple[str, ...] = ()

    # The groups' values that were checked last, and what they mean.
    _checked: tuple[list[Any], list[Settled]] = ([], [])

    def __init__(
        self, params: Params, defaults: Group, *, foreach: bool | None = None,
        fused: bool | None = None, capturable: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        if differentiable:
            raise ArgumentError(
                "갱신을 미분할 수는 없습니다(differentiable=True).",
                "steps cannot be differentiated (differentiable=True).",
            )
        self.defaults = dict(defaults)
        self.state: defaultdict[Tensor, State] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._plans = Plans()
        self._check(dict(defaults))
        groups: list[Any] = _listed(params)
        if not groups:
            raise ArgumentError(
                "매개변수가 하나도 없습니다. model.parameters()를 확인하세요.",
                "The parameter list is empty; check model.parameters().",
            )
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def _check(self, group: Group) -> None:
        """Refuse what is wrong in ``group``; leave plain Python numbers in it."""

    def _rule(self, *arrays: Any, **keywords: Any) -> None:
        """The pure function of a parameter's array, its gradient and, by name, its state."""
        raise NotImplementedError

    def _keywords(self, group: Group) -> dict[str, Any]:
        """The rule's keywords that a group's values make."""
        return {name: group[name] for name in self.defaults if name not in self._not_for_rule}

    def _arrays(self, group: Group) -> dict[str, float]:
        """The state arrays that the rule takes by name, and what they are filled with at first."""
        return {}

    def _turn(self, state: State, group: Group) -> dict[str, Any]:
        """Count a parameter's step; the keywords that tell the rule of it."""
        return {}

    def _update(self, param: Array, grad: Array, state: State, group: Group) -> None:
        """Take one step of the rule on one parameter's arrays, in place."""
        keywords = {**self._keywords(group), **self._turn(state, group)}
        arrays = {n: slot(state, n, param, value) for n, value in self._arrays(group).items()}
        self._rule(param, grad, **arrays, **keywords)

    def _params(self) -> Iterator[Tensor]:
        return (p for group in self.param_groups for p in group["params"])

    def add_param_group(self, param_group: Group) -> None:
        """매개변수 그룹을 더한다.

        Add a group: a dict with ``"params"`` and the hyperparameters that differ from the defaults.
        """
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise wrong_kind(
                "param_group", param_group, "'params'가 있는 dict", "a dict with 'params'"
            )
        given = param_group["params"]
        params = [given] if isinstance(given, Tensor) else _listed(given)
        seen = {id(p) for p in self._params()}
        for i, p in enumerate(params):
            if not isinstance(p, Tensor):
                raise wrong_kind(f"params[{i}]", p, "텐서", "a tensor")
            if not p.is_leaf:
                raise ArgumentError(
                    f"params[{i}](형상 {tuple(p.shape)})은 계산의 결과입니다. detach()해서 주세요.",
                    f"params[{i}] (shape {tuple(p.shape)}) is a result; detach() it.",
                )
            if id(p) in seen:
                raise ArgumentError(
                    f"params[{i}](형상 {tuple(p.shape)})이 두 번 있습니다.",
                    f"params[{i}] (shape {tuple(p.shape)}) is given twice.",
                )
            seen.add(id(p))
        group: Group = {**self.defaults, **param_group, "params": params}
        self._check(group)
        self.param_groups.append(group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """모든 매개변수의 기울기를 지운다.

        Clear the gradient of every parameter: ``None``, or zeros with ``set_to_none=False``.
        """
        for p in self._params():
            if set_to_none:
                p._grad = None
            else:
                clear_grad(p, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """매개변수를 한 번 갱신한다.

        Take one step, or none on an error. A parameter without a gradient is passed over, its
        weight decay too.

        Args:
            closure: a function that computes the loss anew; its result is returned.
        """
        loss = None if closure is None else evaluate(closure)
        together = type(self)._update is Optimizer._update
        settled = self._settled() if together else []
        for group in () if together else self.param_groups:
            self._check(group)
        due = [[p for p in g["params"] if p._grad is not None] for g in self.param_groups]
        for params in due:
            check_writeable(params)
        if together:
            for number, params in enumerate(due):
                quietly(self._together, params, number, settled[number])
            return loss
        with np.errstate(all="ignore"):
            for params, group in zip(due, self.param_groups, strict=True):
                for p in params:
                    self._update(p._array, p._grad._array, self.state[p], group)
                    p._version[0] += 1
        return loss

    def _settled(self) -> list[Settled]:
        """What the groups' values mean to the rule; checked anew where one is another object."""
        values, settled = self._checked
        present = [value for group in self.param_groups for value in group.values()]
        if len(values) != len(present) or not all(map(is_, values, present)):
            for group in self.param_groups:
                self._check(group)
            settled = [(self._keywords(g), self._arrays(g)) for g in self.param_groups]
            present = [value for group in self.param_groups for value in group.values()]
            self._checked = present, settled
        return settled

    def _together(self, params: list[Any], number: int, settled: Settled) -> None:
        """Take one step of the rule on parameters of a group."""
        common, wanted = settled
        arrays = [p._array for p in params]
        states: list[State] = [{}] * len(params)
        turns: list[dict[str, Any]] = [{}] * len(params)
        if wanted or self._slots:
            states = [self.state[p] for p in params]
            turns = [self._turn(state, self.param_groups[number]) for state in states]
        kinds = [turns.index(turn) for turn in turns]
        try:
            held = [state[name]._array for state in states for name in wanted]
        except KeyError:
            held = [
                slot(state, name, array, value)
                for array, state in zip(arrays, states, strict=True)
                for name, value in wanted.items()
            ]
        plan = self._plans.get(number)
        if plan is None or not plan.fits(arrays + held, kinds):
            named = [{name: state[name] for name in wanted} for state in states]
            plan = self._plans[number] = Plan(arrays, named, kinds)
        for p in params:
            p._version[0] += 1
        keywords = {kind: {**common, **turns[kind]} for kind in set(kinds)}
        plan.run(self._rule, [p._grad._array for p in params], keywords)

    def state_dict(self) -> dict[str, Any]:
        """상태를 PyTorch의 형식으로 돌려준다.

        A copy of the whole state in PyTorch's format, ``{"state": {index: ...},
        "param_groups": [...]}``, where an index counts the parameters through all groups.
        """
        index = {p: i for i, p in enumerate(self._params())}
        states = {index[p]: state for p, state in self.state.items() if p in index and state}
        groups = [
            {**group, "params": [index[p] for p in group["params"]]} for group in self.param_groups
        ]
        return copy.deepcopy({"state": states, "param_groups": groups})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """state_dict()의 결과로 되돌린다. PyTorch의 것도 받는다.

        Go back to a copy of a :meth:`state_dict`, ours or PyTorch's; parameters are matched by
        order, and nothing changes if it does not fit.

        Raises:
            StateDictError: groups, names or shapes do not fit.
        """
        saved_groups, states = _parts(state_dict)
        saved_sizes = [len(saved["params"]) for saved in saved_groups]
        sizes = [len(group["params"]) for group in self.param_groups]
        if saved_sizes != sizes:
            raise StateDictError(
                f"그룹별 매개변수의 수가 다릅니다: 저장된 것 {saved_sizes}, 지금 {sizes}.",
                f"The state dict's parameter groups have {saved_sizes} parameters, those here "
                f"{sizes}.",
            )
        pairs = list(zip(self.param_groups, saved_groups, strict=True))
        groups = [self._loaded_group(i, *pair) for i, pair in enumerate(pairs)]
        params = dict(zip(_indices(saved_groups), self._params(), strict=True))
        state: defaultdict[Tensor, State] = defaultdict(dict)
        for i, values in states.items():
            state[params[i]] = self._loaded_state(i, params[i], values)
        self.state, self.param_groups = state, groups

    def _loaded_group(self, i: int, group: Group, saved: Group) -> Group:
        unsaid = {k: v for k, v in _UNSAID.items() if k in self.defaults}
        missing = self.defaults.keys() - unsaid.keys() - saved.keys()
        if missing:
            listed = ", ".join(sorted(missing))
            raise StateDictError(
                f"{i}번 그룹에 하이퍼파라미터가 없습니다: {listed}.",
                f"Parameter group {i} of the state dict lacks {listed}.",
            )
        loaded: Group = {**group, **unsaid, **copy.deepcopy(saved), "params": group["params"]}
        self._check(loaded)
        return loaded

    def _loaded_state(self, i: int, p: Tensor, saved: State) -> State:
        if self._slots is None:
            return copy.deepcopy(saved)
        values = {n: self._loaded_value(n, v, p) for n, v in saved.items() if v is not None}
        wrong = values.keys() - {*self._slots, *self._optional_slots}
        wrong |= {name for name in {*values, *self._slots} if values.get(name) is None}
        if values and wrong:
            kind, listed = type(self).__name__, ", ".join(sorted(map(str, wrong)))
            raise StateDictError(
                f"매개변수 {i}의 상태가 {kind}에 맞지 않습니다: {listed}.",
                f"The state of parameter {i} does not fit {kind}; see its {listed}.",
            )
        return values

    def _loaded_value(self, name: str, value: Any, p: Tensor) -> Any:
        """A number, or a tensor made like its parameter; None where the value is neither."""
        try:
            array = value._array if isinstance(value, Tensor) else np.asarray(value)
        except (TypeError, ValueError, RuntimeError):
            return None
        if name == "step" or name in self._numbers:
            value = float(array.item()) if array.size == 1 and array.dtype.kind in "iuf" else -1.0
            if name == "step":
                return int(value) if value >= 0 and value.is_integer() else None
            return value if 0 <= value < math.inf else None
        if array.dtype.kind != "f" or array.shape != p.shape:
            return None
        own = np.empty_like(p._array)
        with np.errstate(all="ignore"):
            own[...] = array
        return wrap(own)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
            lines.append("")
        return "\n".join([*lines[:-1], ")"])


def evaluate(closure: Any) -> Any:
    """기울기를 켜고 손실을 다시 계산한다. What ``closure`` returns, with gradients on."""
    if not callable(closure):
        raise wrong_kind("closure", closure, "함수", "callable")
    with enable_grad():
        return closure()


def check_writeable(params: Iterable[Tensor]) -> None:
    """읽기 전용 배열에 있는 매개변수를 거절한다. Refuse a parameter on a read-only array."""
    for p in params:
        if not p._array.flags.writeable:
            shape = tuple(p.shape)
            raise InplaceError(
                f"읽기 전용 배열은 갱신할 수 없습니다(형상 {shape}). 복사해서 쓰세요.",
                f"A parameter (shape {shape}) is on a read-only array; copy it first.",
            )


def _listed(params: Any) -> list[Any]:
    unordered = isinstance(params, Tensor | dict | str | set | frozenset)
    if unordered or not isinstance(params, Iterable):
        raise wrong_kind(
            "params", params, "텐서나 dict 그룹의 리스트", "a list of tensors or of dict groups"
        )
    return list(params)


def _indices(groups: list[Group]) -> list[int]:
    return [i for group in groups for i in group["params"]]


def _parts(state_dict: Any) -> tuple[list[Group], dict[int, State]]:
    """The groups and states of a state dict, each state that of one parameter."""
    try:
        groups, states = state_dict["param_groups"], state_dict["state"]
        indices = _indices(groups)
        fits = states.keys() <= set(indices) and len(set(indices)) == len(indices)
        fits = fits and all(isinstance(part, dict) for part in (*groups, *states.values()))
    except (AttributeError, KeyError, TypeError):
        fits = False
    if not fits:
        raise StateDictError(
            "옵티마이저의 state_dict가 아닙니다. 'state'와 'param_groups'의 번호를 확인하세요.",
            "This is no optimizer state dict; see the indices of its 'state' and 'param_groups'.",
        )
    return groups, states


def slot(state: State, name: str, like: Array, value: float = 0.0) -> Array:
    """상태 배열 하나. 없으면 만든다.

    The array of ``state[name]``, made like ``like`` and filled with ``value`` at first need.
    """
    if name not in state:
        state[name] = wrap(np.full_like(like, value))
    array: Array = state[name]._array
    return array


def next_step(state: State) -> dict[str, Any]:
    """갱신 횟수를 하나 늘리고 돌려준다. Count a step, from 1; ``{"step": ...}``."""
    state["step"] = step = int(state.get("step", 0)) + 1
    return {"step": step}


def descent(param: Array, grad: Array, weight_decay: float, maximize: bool) -> Array:
    """내려갈 방향의 기울기: 부호를 맞추고 가중치 감소 λW를 더한다.

    The gradient to walk down, with λW added (「밑바닥부터 시작하는 딥러닝」 6.4.2). It may be
    ``grad`` itself, so it is not to be written to.
    """
    if not weight_decay:
        return np.negative(grad, out=np.empty_like(grad)) if maximize else grad
    g = np.multiply(param, weight_decay, out=np.empty_like(param))
    return np.subtract(g, grad, out=g) if maximize else np.add(g, grad, out=g)

"""모듈을 매개변수의 함수로.

Modules as functions of their parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygrad_kr.autograd.base import TensorBase
from tinygrad_kr.errors import ArgumentError, StateDictError
from tinygrad_kr.hyperparameters import wrong_kind
from tinygrad_kr.nn.module import Module
from tinygrad_kr.ops.joining import stack

State = dict[str, Any]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: State | Sequence[State],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """모듈을 다른 매개변수와 버퍼로 부른다. 모듈은 그대로이다.

    What ``module`` gives with these tensors in place of its parameters and buffers, by their dotted
    names; those not named stay. The module is afterwards what it was; a buffer that it changes in
    place is the one that was given.

    Args:
        parameter_and_buffer_dicts: a dict, or several without a name in common.
        args: a tuple of what to call it with, or the one thing.
        tie_weights: a tensor that the module has under two names is replaced under both.
        strict: refuse missing and unexpected names.

    >>> import tinygrad_kr as tg
    >>> from tinygrad_kr import func, nn
    >>> net, x = nn.Linear(2, 1, bias=False), tg.ones(2)
    >>> func.grad(lambda w: func.functional_call(net, {"weight": w}, x).sum())(tg.zeros(1, 2))
    tensor([[1., 1.]])
    """
    places = {
        f"{path}.{name}" if path else name: (owner.__dict__[store], name)
        for path, owner in module.named_modules(remove_duplicate=False)
        for store in ("_buffers", "_parameters")
        for name in owner.__dict__[store]
    }
    given = _merged(parameter_and_buffer_dicts)
    unexpected = sorted(given.keys() - places.keys())
    missing = sorted(n for n, (s, k) in places.items() if s[k] is not None and n not in given)
    if strict and (missing or unexpected):
        raise StateDictError(
            f"{type(module).__name__}에 없는 이름: {unexpected}, 빠진 이름: {missing}.",
            f"Error(s) in reparametrizing for {type(module).__name__}: Unexpected key(s): "
            f"{unexpected}. Missing key(s): {missing}.",
        )
    for name in unexpected:
        module.get_submodule(name.rpartition(".")[0])
    before = [(store, key, store[key]) for store, key in places.values()]
    twins = {id(before[i][2]): given[n] for i, n in enumerate(places) if n in given}
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    try:
        for name, (store, key) in places.items():
            if name in given:
                store[key] = given[name]
            elif tie_weights and store[key] is not None:
                store[key] = twins.get(id(store[key]), store[key])
        return module(*arguments, **(kwargs or {}))
    finally:
        for store, key, tensor in before:
            store[key] = tensor


def _merged(dicts: Any) -> State:
    """One dict of names to tensors."""
    several = list(dicts) if isinstance(dicts, list | tuple) else [dicts]
    if not all(isinstance(d, dict) for d in several):
        raise wrong_kind(
            "parameter_and_buffer_dicts", dicts, "사전이나 그 목록", "a dict, or a list of dicts"
        )
    merged: State = {}
    for d in several:
        if twice := sorted(merged.keys() & d.keys()):
            raise ArgumentError(
                f"여러 사전에 나오는 이름이 있습니다: {twice}.",
                f"{twice} appeared in multiple dictionaries; which one is meant is ambiguous.",
            )
        merged |= d
    for name, tensor in merged.items():
        if not isinstance(tensor, TensorBase | None):
            raise wrong_kind(name, tensor, "텐서", "a Tensor")
    return merged


def stack_module_state(models: Sequence[Module]) -> tuple[State, State]:
    """모듈들의 매개변수와 버퍼를 쌓는다.

    The parameters and the buffers of models of one kind, each stacked along a new first dimension
    and by their names: what ``vmap`` takes apart for :func:`functional_call`.
    """
    models = list(models)
    if len({(type(m), m.training) for m in models}) != 1:
        raise ArgumentError(
            "stack_module_state에는 같은 클래스, 같은 모드의 모델이 하나 이상 와야 합니다.",
            "stack_module_state: Expected at least one model, all of the same class and in the "
            "same training/eval mode.",
        )

    def stacked(states: list[State]) -> State:
        return {
            name: stack([s[name].detach() for s in states]).requires_grad_(tensor.requires_grad)
            for name, tensor in states[0].items()
        }

    return (
        stacked([dict(m.named_parameters()) for m in models]),
        stacked([dict(m.named_buffers()) for m in models]),
    )

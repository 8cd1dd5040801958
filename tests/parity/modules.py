"""Our modules beside PyTorch's: representation, names and shapes of the state and its way in both
directions, values, buffers, gradients of inputs and parameters, second derivatives, refusals; and
how the initial values are distributed.

A sample is a pair ``(options, inputs)``: the keywords of the constructor, and the arguments of the
call. Their ndarrays become tensors, as in :mod:`tests.parity.beside`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from hypothesis import settings

from tests.parity.beside import (
    REFUSALS,
    Counts,
    Drawn,
    _leaves_of,
    _mapped,
    _torch,
    beside,
    same,
)
from tinygrad_kr import nn
from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import TinygradKrError
from tinygrad_kr.random import manual_seed

Options = dict[str, Any]
ModuleSample = tuple[Options, tuple[Any, ...]]


def with_parameters(module: nn.Module, own: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
    """What a module gives with these tensors in the places of its parameters."""
    for name, tensor in own.items():
        path, _, last = name.rpartition(".")
        module.get_submodule(path)._parameters[last] = tensor
    return module(*args, **kwargs)


def both(name: str, options: Options, wider: str = "") -> tuple[Any, Any] | Counts:
    """Our module and theirs, made of the same options; or how they refused them."""
    torch = _torch()
    own_options = _mapped(options, lambda a: wrap(a.copy()), lambda d: d)
    make = partial(getattr(nn, name), **own_options)
    try:
        theirs = getattr(torch.nn, name)(**_mapped(options, torch.from_numpy, torch_dtype))
    except REFUSALS as error:
        kind = next(kind for kind in REFUSALS if isinstance(error, kind))
        try:
            found = make()
            if wider:
                return Counts(0, 0, 0, 0)
        except TinygradKrError as own:
            assert isinstance(own, kind), f"{type(own).__mro__}, PyTorch {error!r}"
            return Counts(0, 1, 0, 0)
        raise AssertionError(f"PyTorch refuses, {error}; we make {found}") from None
    return make(), theirs


def torch_dtype(dtype: Any) -> Any:
    return getattr(_torch(), np.dtype(dtype).name)


def beside_module(
    name: str,
    options: Options,
    inputs: tuple[Any, ...],
    *,
    modes: Sequence[bool] = (True, False),
    order: int = 2,
    slack: float = 1.0,
    wider: str = "",
    shown: bool = True,
) -> Counts:
    """Hold our module to theirs on one sample, in training and in evaluation."""
    torch = _torch()
    made = both(name, options, wider)
    if isinstance(made, Counts):
        return made
    ours, theirs = made
    if shown:
        assert repr(ours) == repr(theirs), f"{ours!r}, PyTorch {theirs!r}"
    floats = [a.dtype for a in _leaves_of(inputs, np.ndarray) if a.dtype.kind == "f"]
    if floats and "dtype" not in options:
        ours.to(floats[0])
        theirs.to(torch_dtype(floats[0]))
    for parameter in theirs.parameters():  # ones and zeros hide mistakes
        parameter.data += 0.25 * torch.randn(parameter.shape, dtype=parameter.dtype)
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state), "names of the state"
    ours.load_state_dict({key: value.numpy() for key, value in state.items()}, strict=True)
    back = {key: torch.from_numpy(t.numpy().copy()) for key, t in ours.state_dict().items()}
    theirs.load_state_dict(back, strict=True)
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    counts = Counts(0, 0, 0, 0)
    own = {key: parameter.detach().numpy() for key, parameter in theirs.named_parameters()}
    for mode in modes:
        ours.train(mode)
        theirs.train(mode)
        one = beside(
            lambda own, *args: with_parameters(ours, own, *args),
            lambda own, *args: torch.func.functional_call(theirs, own, args),
            ((own, *inputs), {}),
            order=order,
            slack=slack,
            wider=wider,
        )
        counts = Counts(*map(sum, zip(counts, one, strict=True)))
        if not one.taken:
            break  # what we refuse changes nothing, PyTorch's buffers may have moved
        buffers = [dict(module.named_buffers()) for module in (ours, theirs)]
        assert buffers[0].keys() == buffers[1].keys()
        for key, buffer in buffers[1].items():
            same(buffers[0][key], buffer, f"buffer {key}", slack)
    return counts


def compare_module(
    name: str,
    samples: Callable[[Drawn], ModuleSample],
    record_property: Callable[[str, Any], None],
    *,
    most: int = 1000,
    **how: Any,
) -> Counts:
    """Compare the module of that name on samples of its own: 20 of them, in the thorough profile
    ``most``; ``how`` as of :func:`beside_module`."""
    drawn = Drawn(zlib.crc32(name.encode()))
    _torch().manual_seed(0)
    counts = Counts(0, 0, 0, 0)
    for number in range(most if settings().max_examples >= 1000 else 20):
        options, inputs = samples(drawn)
        try:
            one = beside_module(name, options, inputs, **how)
        except Exception as error:
            error.add_note(f"sample {number} of {name}: {options!r}, {inputs!r}")
            raise
        counts = Counts(*map(sum, zip(counts, one, strict=True)))
    assert counts.taken, f"no sample of {name} was taken"
    record_property("parity", (f"nn.{name}", (*counts,)))
    return counts


def compare_initial(name: str, **options: Any) -> None:
    """The initial values of each parameter and buffer are distributed as theirs: equal where those
    are all one, else no further apart (Kolmogorov and Smirnov) than one pair in 10,000 is."""
    manual_seed(0)
    _torch().manual_seed(0)
    ours, theirs = (module.state_dict() for module in both(name, options))  # type: ignore[union-attr]
    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        a, b = (np.sort(np.ravel(t.numpy())) for t in (ours[key], value))
        assert a.shape == b.shape, key
        if not b.size or b[0] == b[-1]:
            np.testing.assert_array_equal(a, b, key)
            continue
        places = np.concatenate([a, b])
        below = [np.searchsorted(values, places, "right") / values.size for values in (a, b)]
        distance = np.abs(below[0] - below[1]).max()
        assert distance < 2.23 * np.sqrt(2 / b.size), f"{key}: distance {distance}"

"""Transforms of functions beside PyTorch's: func, autograd.functional, vmap and their nests, with
the gradients that flow through them to their arguments, and refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import tinygrad_kr  # noqa: E402
from tests.parity.beside import Array, Drawn, Sample, compare  # noqa: E402
from tinygrad_kr.func.tree import leaves_of  # noqa: E402

Record = Callable[[str, Any], None]
Function = Callable[..., Any]


def flat(tree: Any, args: Any) -> list[Any]:
    """The leaves of a result, and how it is made. All are bound to the arguments, so that gradients
    are asked of all, of what is constant too: PyTorch has a graph for some of those."""
    bound = sum(0 * x.sum() for x in leaves_of(args) if hasattr(x, "sum"))
    return [*(x + bound for x in leaves_of(tree)), repr(_shape_of(tree))]


def _shape_of(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {k: _shape_of(v) for k, v in tree.items()}
    return [_shape_of(v) for v in tree] if isinstance(tree, tuple | list) else "*"


#: Functions of each library's own: of what arguments, and what they give.
SCALAR: dict[str, tuple[str, Callable[[Any], Function]]] = {
    "cubes": ("v", lambda lib: lambda x: (x**3).sum()),
    "mixed": ("vv", lambda lib: lambda x, y: (lib.sin(x) * lib.exp(y / 3)).sum()),
    "bilinear": ("wv", lambda lib: lambda w, x: lib.tanh(w @ x).sum()),
    "named": ("d", lambda lib: lambda d: (d["a"] * lib.exp(d["b"][0] / 3)).mean()),
    "unused": ("vv", lambda lib: lambda x, y: (x * x).sum()),
    "straight": ("v", lambda lib: lambda x: 2 * x.sum()),
    "constant": ("v", lambda lib: lambda x: lib.ones(2).sum()),
    "inner": ("vv", lambda lib: lambda x, y: lib.func.grad(lambda z: (z**2 * y).sum())(x).sum()),
    "cut": ("v", lambda lib: lambda x: (x * (x * x).detach()).sum()),
}
TENSORS: dict[str, tuple[str, Callable[[Any], Function]]] = {
    "affine": ("wv", lambda lib: lambda w, x: lib.tanh(w @ x)),
    "pair": ("vv", lambda lib: lambda x, y: (x * y, {"s": lib.sin(x).sum()})),
    "powers": ("v", lambda lib: lambda x: lib.stack([x, x**2, x**3])),
    "linear": ("vv", lambda lib: lambda x, y: 2 * x - y),
    "parts": ("d", lambda lib: lambda d: [d["a"] * d["b"][0], d["b"][0].cumsum(0)]),
    "ones": ("v", lambda lib: lambda x: lib.ones(2)),
    "itself": ("v", lambda lib: lambda x: x),
    "slope": ("v", lambda lib: lib.func.grad(lambda x: (lib.exp(x / 3) * x).sum())),
}
KINDS = {"scalar": SCALAR, "tensors": TENSORS, "all": {**SCALAR, **TENSORS}}


def arguments(m: Drawn, kinds: str) -> list[Any]:
    n = m.of(1, 2, 2, 3)  # PyTorch refuses some Jacobians of nothing
    made: dict[str, Callable[[], Any]] = {
        "v": lambda: m.floats((n,)),
        "w": lambda: m.floats((m.of(1, 2), n)),
        "d": lambda: {"a": m.floats((n,)), "b": [m.floats((n,))]},
    }
    return [made[k]() for k in kinds]


def argnums(m: Drawn, count: int) -> Any:
    if m.chance(0.05):
        return m.of(count, (), (0, 0), 0.5, -count - 1)
    numbers = [int(n) for n in m.rng.permutation(count)[: m.of(1, count)]]
    numbers = [n - count if m.chance(0.3) else n for n in numbers]
    return tuple(numbers) if m.chance() else numbers[0]


def counted(chosen: Any, count: int) -> Any:
    """From the front: PyTorch's jacfwd finds zeros for an argument that is counted from the end."""
    if isinstance(chosen, tuple):
        return tuple(n % count for n in chosen)
    return chosen % count if -count <= chosen < 0 else chosen


def with_aux(f: Function, aux: bool) -> Function:
    return (lambda *args: (f(*args), leaves_of(list(args))[0] * 2)) if aux else f


def like(m: Drawn, tree: Any) -> Any:
    if isinstance(tree, dict):
        return {k: like(m, v) for k, v in tree.items()}
    if isinstance(tree, tuple | list):
        return type(tree)(like(m, v) for v in tree)
    shape = tree.shape if m.chance(0.97) else (*tree.shape, 2)
    return m.floats(shape)


def transformed(kind: str, run: Callable[..., Any]) -> tuple[Callable[..., Sample], Any]:
    """A sampler of a function of that kind by its name and its arguments, and what to compare:
    ``run(lib, f, m, args)``, in which ``m`` draws the options, alike for both libraries."""
    table = KINDS[kind]

    def sample(m: Drawn) -> Sample:
        name = m.of(*table)
        return (name, int(m.rng.integers(2**31)), arguments(m, table[name][0])), {}

    def both(lib: Any) -> Callable[..., Any]:
        def answer(name: str, seed: int, args: list[Any]) -> Any:
            return flat(run(lib, table[name][1](lib), Drawn(seed), args), args)

        return answer

    return sample, both


def tensors(lib: Any, value: Any) -> Any:
    """The arrays of a tree as tensors without a gradient."""
    if isinstance(value, dict):
        return {k: tensors(lib, v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(tensors(lib, v) for v in value)
    return lib.from_numpy(value)


def run_grad(lib: Any, f: Function, m: Drawn, args: Any) -> Any:
    aux, name = m.chance(0.3), m.of("grad", "grad_and_value")
    return getattr(lib.func, name)(with_aux(f, aux), argnums(m, len(args)), has_aux=aux)(*args)


def run_vjp(lib: Any, f: Function, m: Drawn, args: Any) -> Any:
    aux = m.chance(0.3)
    y, pull, *rest = lib.func.vjp(with_aux(f, aux), *args, has_aux=aux)
    cotangent = tensors(lib, like(m, y))
    if m.chance(0.05):
        cotangent = m.of((cotangent,), [cotangent])
    return [y, pull(cotangent), pull(cotangent), rest]


def run_jvp(lib: Any, f: Function, m: Drawn, args: Any) -> Any:
    aux, along = m.chance(0.3), tensors(lib, like(m, args))
    primals: Any = args if m.chance(0.03) else tuple(args)
    tangents = tuple(along) if m.chance(0.95) else (*along, along[0])
    return lib.func.jvp(with_aux(f, aux), primals, tangents, has_aux=aux)


def run_jacobian(lib: Any, f: Function, m: Drawn, args: Any) -> Any:
    aux, name, chosen = m.chance(0.3), m.of("jacrev", "jacfwd"), argnums(m, len(args))
    if name == "jacfwd":
        chosen = counted(chosen, len(args))
    return getattr(lib.func, name)(with_aux(f, aux), chosen, has_aux=aux)(*args)


def run_hessian(lib: Any, f: Function, m: Drawn, args: Any) -> Any:
    return lib.func.hessian(f, counted(argnums(m, len(args)), len(args)))(*args)


def run_nest(lib: Any, f: Function, m: Drawn, args: Any) -> Any:
    """Transforms of transforms, by the first argument."""
    t = lib.func
    outer, inner = m.of(t.jacrev, t.jacfwd), m.of(t.jacrev, t.jacfwd, t.grad)
    third = m.of(lambda g: g, t.jacrev, t.jacfwd)
    return third(outer(inner(f)))(*args)


def run_vmap(lib: Any, f: Function, m: Drawn, args: Any) -> Any:
    t = lib.func
    g = m.of(f, f, t.jacrev(f), t.jacfwd(f))
    dims = m.of(0, 0, 0, 1, -1, 2, tuple(m.of(0, None, 1) for _ in args))
    # What is the same in every call PyTorch expands along a wrong dimension, if not the first.
    same = isinstance(dims, tuple) and None in dims
    return t.vmap(g, in_dims=dims, out_dims=0 if same else m.of(0, 0, -1, 1, 7))(*args)


FUNC = {
    "func.grad": ("scalar", run_grad),
    "func.vjp": ("all", run_vjp),
    "func.jvp": ("all", run_jvp),
    "func.jacrev": ("all", run_jacobian),
    "func.hessian": ("scalar", run_hessian),
    "func.nest": ("scalar", run_nest),
}


@pytest.mark.parametrize("name", FUNC)
def test_func(name: str, record_property: Record) -> None:
    sample, both = transformed(*FUNC[name])
    compare(name, sample, record_property, ours=both(tinygrad_kr), theirs=both(torch), most=500)


def test_vmap(record_property: Record) -> None:
    def sample(m: Drawn) -> Sample:
        """Batches of the arguments, now and then of two sizes; one may go whole."""
        name = m.of(*(n for n in TENSORS if n not in ("parts", "ones")))
        kinds, size = TENSORS[name][0], m.of(0, 1, 2, 3)
        args = [
            np.stack([x] * max(size, 1))[:size] + m.floats((size, *x.shape))
            for x in arguments(m, kinds)
        ]
        if m.chance(0.05):
            args[-1] = m.of(np.zeros(()), 1.0, args[-1][:1])
        return (name, int(m.rng.integers(2**31)), args), {}

    both = transformed("tensors", run_vmap)[1]
    compare(
        "func.vmap", sample, record_property, ours=both(tinygrad_kr), theirs=both(torch),
        most=500, wider="a loop takes what a batch cannot",
    )  # fmt: skip


def plain(m: Drawn, name: str) -> Sample:
    """A function of tensors, what it is called with, and options, for autograd.functional."""
    table = SCALAR if name in ("hessian", "hvp", "vhp") and m.chance(0.9) else KINDS["all"]
    of = m.of(*(n for n in table if n not in ("named", "parts", "inner", "slope")))
    args = arguments(m, table[of][0])
    options: dict[str, Any] = {}
    for flag in ("create_graph", "strict"):
        if m.chance(0.3):
            options[flag] = True
    return (of, int(m.rng.integers(2**31)), args), options


def run_functional(lib: Any, name: str) -> Callable[..., Any]:
    table = KINDS["all"] | {"pair": ("vv", lambda lib: lambda x, y: (x * y, lib.sin(x)))}

    def answer(of: str, seed: int, args: list[Array], **options: Any) -> Any:
        m, f = Drawn(seed), table[of][1](lib)
        inputs = args[0] if len(args) == 1 and m.chance() else tuple(args)
        given: list[Any] = []
        if name == "vjp" and m.chance(0.9):
            with lib.no_grad():
                y = f(*args)
            given = [tensors(lib, like(m, y))]
        elif name in ("jvp", "hvp", "vhp") and m.chance(0.9):
            v = [tensors(lib, like(m, x)) for x in args]
            given = [v[0] if len(v) == 1 and m.chance(0.9) else tuple(v)]
        elif name in ("jacobian", "hessian") and m.chance(0.3):
            options["vectorize"] = True
        found = getattr(lib.autograd.functional, name)(f, inputs, *given, **options)
        loose = any(t.requires_grad for t in leaves_of(found))
        return [*flat(found, args), options.get("create_graph") or loose]

    return answer


@pytest.mark.parametrize("name", ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"])
def test_functional(name: str, record_property: Record) -> None:
    compare(
        f"autograd.functional.{name}", lambda m: plain(m, name), record_property,
        ours=run_functional(tinygrad_kr, name), theirs=run_functional(torch, name), most=500,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["Linear", "BatchNorm1d", "Sequential"])
def test_functional_call(kind: str, record_property: Record) -> None:
    """Modules as functions of their parameters, and of models stacked."""

    def build(lib: Any) -> Any:
        nn = lib.nn
        tanh = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 2))
        net = {"Linear": lambda: nn.Linear(3, 2), "BatchNorm1d": lambda: nn.BatchNorm1d(3),
               "Sequential": lambda: tanh}[kind]()  # fmt: skip
        return net.double()

    def sample(m: Drawn) -> Sample:
        state = {n: m.floats(p.shape) for n, p in build(tinygrad_kr).named_parameters()}
        if m.chance(0.15):
            state |= m.of({"nobody": m.floats((2,))}, {"nobody.weight": m.floats((2,))})
        if m.chance(0.1):
            state.pop(next(iter(state)))
        return (state, m.floats((4, 3)), m.chance(0.3)), {}

    def call(lib: Any) -> Callable[..., Any]:
        net = build(lib)
        for p in net.parameters():
            p.data.fill_(0.5)

        def answer(state: Any, x: Any, strict: bool) -> Any:
            buffers = {n: b.clone() for n, b in net.named_buffers()}
            y = lib.func.functional_call(net, (state, buffers), (x,), strict=strict)
            slopes = (
                {}
                if buffers
                else lib.func.grad(lambda s: lib.func.functional_call(net, s, x).square().sum())(
                    state
                )
            )
            return flat([y, dict(slopes), buffers, dict(net.named_buffers())], [x])

        return answer

    def refused_alike(lib: Any) -> Callable[..., Any]:
        plain_call = call(lib)

        def answer(*args: Any) -> Any:
            try:
                return plain_call(*args)
            except AttributeError:
                return "AttributeError"

        return answer

    compare(
        f"func.functional_call({kind})", sample, record_property,
        ours=refused_alike(tinygrad_kr), theirs=refused_alike(torch), most=100,
    )  # fmt: skip

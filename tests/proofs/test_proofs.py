"""Every record of the package under the whole battery; and every op has a record."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings

from tests.proofs.constants import CONSTANT
from tinygrad_kr import ops
from tinygrad_kr.autograd.node import Node
from tinygrad_kr.errors import TinygradKrError
from tinygrad_kr.ops.primitive import Primitive, registry
from tinygrad_kr.testing import Call, OpRecord, battery
from tinygrad_kr.testing.call import tensors_in

FAMILIES = [
    "elementwise", "reductions", "shapes", "indexing", "linalg", "functional", "layers",
    "spatial", "activations_more", "losses_more", "reductions_more", "elementwise_more",
    "linalg_more", "shapes_more", "indexing_more", "layers_more", "spatial_more", "recurrent",
    "attention", "distributions", "transforms", "sampling_more",
]  # fmt: skip
RECORDS: list[OpRecord] = [
    record
    for family in FAMILIES
    for record in importlib.import_module(f"tests.proofs.{family}").RECORDS
]
each = pytest.mark.parametrize("record", [pytest.param(r, id=r.name) for r in RECORDS])


def op_of(name: str) -> str:
    """The op that a record is of: ``sum`` of ``sum.dim``, ``F.linear`` of ``F.linear.bias``."""
    parts = name.replace("_.", ".").split(".")
    return ".".join(parts[: 2 if parts[0] in ("F", "linalg", "nn") else 1])


VARIANTS = Counter(op_of(record.name) for record in RECORDS)


def draws_of(record: OpRecord) -> int:
    """Of every op 15 a record by default, of a function or a layer, which are ops in other clothes,
    10; in the thorough profile of every op and function 10,000 in all, of a layer 1,000."""
    profile = settings().max_examples
    if profile < 1000:
        return profile // 5 if record.name.startswith(("F.", "nn.")) else 3 * profile // 10
    whole = profile if record.name.startswith("nn.") else 10 * profile
    return -(-whole // VARIANTS[op_of(record.name)])


def test_no_two_records_bear_one_name() -> None:
    assert Counter(r.name for r in RECORDS).most_common(1)[0][1] == 1


#: The records that have been proven, and which VJPs were pulled by what input.
PROVEN: set[str] = set()
PULLED: set[tuple[str, str]] = set()


@pytest.fixture(scope="module", autouse=True)
def _watch_what_is_pulled() -> Iterator[None]:
    plain = Primitive.pull

    def pull(self: Primitive, node: Node, g: Any, edges: Any, create_graph: bool) -> Any:
        names = self.inputs * len(edges) if self.variadic else self.inputs
        PULLED.update((self.name, n) for n, e in zip(names, edges, strict=False) if e is not None)
        return plain(self, node, g, edges, create_graph)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Primitive, "pull", pull)
        yield


@each
def test_proof(record: OpRecord, record_property: Callable[[str, Any], None]) -> None:
    drawn = 0

    def count(call: Call) -> Call:
        nonlocal drawn
        drawn += 1
        return call

    counted = replace(record, inputs=record.inputs.map(count))
    battery(counted, max_examples=draws_of(record))()
    record_property("draws", (op_of(record.name), drawn))
    PROVEN.add(record.name)


def test_every_vjp_is_proven() -> None:
    """A new op without a record, or a new input of an old one, fails here."""
    for record in RECORDS:
        if record.name not in PROVEN:  # in this process
            battery(record, max_examples=5, database=None)()
    owed = {
        (op.name, name)
        for op in registry.values()
        for name in (op.vjps or (op.inputs if op.shared else ()))
    }
    assert not owed - PULLED


@pytest.mark.parametrize("name", ops.__all__)
def test_every_public_op_is_proven(name: str) -> None:
    assert (name in VARIANTS) != (name in CONSTANT)


@pytest.mark.parametrize("name", CONSTANT)
def test_no_gradient_flows_through_a_constant_one(name: str) -> None:
    x = ops.ones((2, 2)).requires_grad_()
    results = []
    for given in ((x,), (x, x)):
        with suppress(TinygradKrError, TypeError):
            results.append(getattr(ops, name)(*given))
    takes_one = CONSTANT[name] in ("its result is of bools", "it counts, or says where")
    assert results or not takes_one, "not called"
    assert not any(t.requires_grad for t in tensors_in(results) if t is not x)

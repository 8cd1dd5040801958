"""Every record of the package under the whole battery."""

from __future__ import annotations

import importlib

import pytest

from tinygrad_kr.testing import OpRecord, battery

FAMILIES = ["elementwise", "reductions", "shapes", "indexing", "linalg", "functional", "layers"]
RECORDS: list[OpRecord] = [
    record
    for family in FAMILIES
    for record in importlib.import_module(f"tests.proofs.{family}").RECORDS
]


@pytest.mark.parametrize("record", [pytest.param(r, id=r.name) for r in RECORDS])
def test_proof(record: OpRecord) -> None:
    battery(record)()

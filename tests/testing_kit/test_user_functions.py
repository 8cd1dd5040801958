"""The kit finds the fault of a user's function, names its place, and accuses no right one."""

from __future__ import annotations

import pytest
from user_functions import FAULTY, RIGHT, Faulty, Right

from tinygrad_kr.testing import GradcheckError, gradcheck, gradgradcheck


@pytest.mark.parametrize("fast_mode", [False, True])
@pytest.mark.parametrize("case", [pytest.param(c, id=c.name) for c in FAULTY])
def test_finds_and_names_the_fault(case: Faulty, fast_mode: bool) -> None:
    check = gradgradcheck if case.second else gradcheck
    if case.second:
        assert gradcheck(case.f, case.inputs)
    with pytest.raises(GradcheckError) as caught:
        check(case.f, case.inputs, fast_mode=fast_mode)
    for word in case.korean:
        assert word in caught.value.korean
    for word in case.english:
        assert word in caught.value.english
    assert check(case.f, case.inputs, fast_mode=fast_mode, raise_exception=False) is False


@pytest.mark.parametrize("fast_mode", [False, True])
@pytest.mark.parametrize("case", [pytest.param(c, id=c.name) for c in RIGHT])
def test_accuses_no_right_function_at_its_kinks(case: Right, fast_mode: bool) -> None:
    assert gradcheck(case.f, case.inputs, fast_mode=fast_mode)
    if case.second:
        assert gradgradcheck(case.f, case.inputs, fast_mode=fast_mode)

"""The public operations that no gradient flows through, and why."""

from __future__ import annotations

CONSTANT: dict[str, str] = {
    name: why
    for why, names in {
        "its result is of bools": (
            "all any eq ge gt isclose isfinite isinf isnan le logical_and logical_not logical_or "
            "logical_xor lt ne"
        ),
        "its result is Python's own": "allclose equal is_floating_point is_tensor numel",
        "it counts, or says where": "argmax argmin argsort count_nonzero",
        "it takes no floating tensor": (
            "bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor"
        ),
        "it makes a new leaf": (
            "arange empty empty_like eye from_dlpack from_numpy full full_like linspace ones "
            "ones_like rand rand_like randint randn randn_like randperm tensor zeros zeros_like"
        ),
    }.items()
    for name in names.split()
}

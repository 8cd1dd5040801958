"""The mutants that nobody can kill, each with the reason why the broken code computes the same.

Only what no input can tell apart belongs here; a mutant that no test happens to notice is a hole in
the tests. The tool refuses an entry that is killed, and one that is not made any more.
"""

_UNUSED = "the value at a 0 is replaced two wheres further out"
_EMPTY = "a product over no elements has no element to differentiate by, whatever its value"

EQUIVALENT: dict[str, str] = {
    "arithmetic:_exponent_slope:forgotten call: where(still, 0.0, y * log(where(still, 1.0, a)))"
    " -> (y * log(where(still, 1.0, a)))": "log(1) is 0, and y is finite where still",
    "engine:sum_to:condition: summed if summed.shape == shape else ... pe(shape)"
    " -> summed.reshape(shape)": "to reshape to the shape that is there changes nothing",
    "fused:_batch_norm_vjp:forgotten call: (for_bias / count).astype(g.dtype)"
    " -> (for_bias / count)": "an array over a Python int keeps its dtype, which is that of g",
    "indexing:_spread:condition: rows if row == 1 else rows[..., None ... ange(row)"
    " -> (rows[..., None] * row + np.arange(row))": "the other branch is its short form for row 1",
    "scan:_cumprod_doubling:condition: step < n -> (step <= n)": "one more round joins x and no"
    " elements",
    "scan:_cumprod_doubling:drop: n - step -> (-step)": "a slice may end counted from behind",
    "scan:_cumprod_slope:constant: 1 -> 0 in np.where(x == 0, 1, x)": _UNUSED,
    "scan:_cumprod_slope:constant: 1 -> 2 in np.where(x == 0, 1, x)": _UNUSED,
    "scan:_cumprod_slope:forgotten call: np.where(x == 0, 1, x) -> x": _UNUSED,
    "scan:_prod_slope:saved value: x -> g in dims and x.size": "without elements in g an empty x"
    " has sizes that cannot be worked out; with some its reshaping is empty too",
    "scan:_prod_tree:constant: 1 -> 0 in sum(x, d, True) + 1": _EMPTY,
    "scan:_prod_tree:constant: 1 -> 2 in sum(x, d, True) + 1": _EMPTY,
    "scan:_prod_tree:drop: sum(x, d, True) + 1 -> sum(x, d, True)": _EMPTY,
    "scan:_prod_tree:operator: sum(x, d, True) + 1 -> (sum(x, d, True) - 1)": _EMPTY,
}

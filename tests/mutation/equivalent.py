"""The mutants that nobody can kill, each with the reason why the broken code computes the same.

Only what no input can tell apart belongs here; a mutant that no test happens to notice is a hole in
the tests. The tool refuses an entry that is killed, and one that is not made any more.
"""

_EMPTY = "a product over no elements has no element to differentiate by, whatever its value"
_SAME_SHAPE = "to reshape to the shape that is there changes nothing"
_NAN = "nan is nan"
_SPREAD = "a gradient of one number spreads over the losses"
_UNDAMPED = "without dampening the factor is 1"
_SUMMED = "float32 is summed well either way"
_OF_RESULT = "a gradient has the dtype of the result, here that of x"
_LARGER = "the result is b where b is taken, and a where a is"
_STILLBORN = "it runs at import alone, where nothing negates or doubles a function"
_ROUND = "one more round joins x and no elements"
_ONE_SHAPE = "both have the same shape"
_SQUARE = "the matrix is square"
_NOTHING = "0 is 0 with any factor"
_BOUND = "a bound of rounding, beside which either way is right"
_UNASKED = "the engine passes over the gradient of an input that needs none"

EQUIVALENT: dict[str, str] = {
    "arithmetic:_exponent_slope:factor: where(b >= 0, 0.0, slope)"
    " -> (2 * where(b >= 0, 0.0, slope))": "it is 0, -inf or nan",
    "engine:fit:condition: g if g.dtype == dtype else g.astype(dtype) -> g.astype(dtype)": "a copy"
    " has the same values",
    "engine:fit:condition: t if t.dtype == dtype else t.to(dtype) -> t.to(dtype)": "it returns t"
    " itself where that has the dtype",
    "engine:sum_to:condition: summed if summed.shape == shape else ... pe(shape)"
    " -> summed.reshape(shape)": _SAME_SHAPE,
    "engine:walk:condition: r if r is not g and _is_owned(r) else _owned(r) -> _owned(r)": "a copy"
    " has the same values",
    "engine:walk:condition: leaf.hooks and isinstance(leaf, Leaf)"
    " -> (leaf.hooks or isinstance(leaf, Leaf))": "without hooks it is shown to nobody, and copied",
    "indexing:_spread:condition: rows if row == 1 else rows[..., None ... ange(row)"
    " -> (rows[..., None] * row + np.arange(row))": "the other branch is its short form for row 1",
    "indexing:_spread:constant: 1 -> 2 in p.ndim if _is_mask(p) else 1": "with more leading"
    " dimensions than the index has the rows are shorter, and the positions the same",
    "joining:_cat_vjp:condition: getitem(g, index=along(dim, slice(st ... else None"
    " -> getitem(g, index=along(dim, slice(start, end)))": _UNASKED,
    "joining:stack.vjp:condition: getitem(g, index=along(dim, i)) if need else None"
    " -> getitem(g, index=along(dim, i))": _UNASKED,
    "norms:_edge_slope:saved value: x -> g in cast(abs(x) == restored(y, dims, kee ..."
    "  x.dtype)": _OF_RESULT,
    "order:_shared:saved value: x -> g in cast(x == restored(y, dims"
    ", keepdim), x.dtype)": _OF_RESULT,
    "order:shared_by_all:saved value: x -> g in cast(logical_or(x == y, logical_and( ..."
    "  x.dtype)": _OF_RESULT,
    "scan:_cumprod_doubling:condition: step < n -> (step <= n)": _ROUND,
    "scan:_cumprod_doubling:drop: n - step -> (-step)": "a slice may end counted from behind",
    "scan:_cumprod_slope:saved value: x -> g in x.ndim == 0": _ONE_SHAPE,
    "scan:_prod_slope:saved value: x -> g in dims and x.size": "without elements in g an empty x"
    " has sizes that cannot be worked out; with some its reshaping is empty too",
    "scan:_prod_tree:constant: 1 -> 0 in sum(x, d, True) + 1": _EMPTY,
    "scan:_prod_tree:constant: 1 -> 2 in sum(x, d, True) + 1": _EMPTY,
    "scan:_prod_tree:drop: sum(x, d, True) + 1 -> sum(x, d, True)": _EMPTY,
    "scan:_prod_tree:drop: n - 1 -> (-1)": "a slice may start counted from behind",
    "scan:_prod_tree:operator: sum(x, d, True) + 1 -> (sum(x, d, True) - 1)": _EMPTY,
    "schedules:CosineAnnealingLR.get_lr:operator: t - 1 - self.T_max"
    " -> (t - 1 + self.T_max)": "the two differ by 2 T_max, which is what they are divided by",
    "exponential:relu.x:condition: _gate(g, y) if type(g) is np.ndarray ... sed(g, y)"
    " -> _passed(g, y)": "the op is its forward on an array, with more ado",
    "exponential:relu.x:saved value: g -> y in type(g)": "both are arrays, or both tensors",
    "fused:_channel_sum:condition: x.dtype.itemsize >= 4 -> (x.dtype.itemsize > 4)": _SUMMED,
    "fused:_channel_sum:constant: 4 -> 5 in x.dtype.itemsize >= 4": _SUMMED,
    "fused:_cross_entropy_reference:condition: sum(losses) if reduce else losses"
    " -> losses": _SPREAD,
    "fused:_cross_entropy_reference:forgotten call: sum(losses) -> losses": _SPREAD,
    "fused:linear:condition: _linear(x, weight, bias) if x.ndim = ... ht, bias)"
    " -> _by_rows(_linear, x, weight, bias)": "a matrix is its own rows, reshaped for nothing",
    "out:takes_out:factor: taking -> (2 * taking)": _STILLBORN,
    "out:takes_out:sign: taking -> (-taking)": _STILLBORN,
    "pointwise:copysign.a:swap: y / a -> (a / y)": "the two are of one size",
    "pointwise:fmax.a:saved value: lambda g, a, b: where(logical_or(a > ... , g, 0.0)"
    " -> lambda g, a, y: where(logical_or(a > ... , g, 0.0)": _LARGER,
    "pointwise:fmax.b:saved value: lambda g, a, b: where(logical_or(a > ... , 0.0, g)"
    " -> lambda g, a, y: where(logical_or(a > ... , 0.0, g)": _LARGER,
    "pointwise:fmin.a:saved value: lambda g, a, b: where(logical_or(a < ... , g, 0.0)"
    " -> lambda g, a, y: where(logical_or(a < ... , g, 0.0)": _LARGER,
    "pointwise:fmin.b:saved value: lambda g, a, b: where(logical_or(a < ... , 0.0, g)"
    " -> lambda g, a, y: where(logical_or(a < ... , 0.0, g)": _LARGER,
    "pointwise:nextafter.a:saved value: lambda g, a, b: where(a == b, 0.0, g)"
    " -> lambda g, a, y: where(a == y, 0.0, g)": "the next number is a itself only where b is",
    "reducing:_reduce_vjp:saved value: g -> y in cast(condition, g.dtype)": _OF_RESULT,
    "reducing:_reduce_vjp:saved value: g -> y in np.zeros(x.shape, g.dtype)": _OF_RESULT,
    "reducing:_reduce_vjp:saved value: x -> g in np.zeros(x.shape, g.dtype)": _ONE_SHAPE,
    "reductions:zeroed.x:saved value: x -> g in cast(logical_not(isnan(x)), x.dtype)": _OF_RESULT,
    "scans:_logcumsumexp_doubling:condition: step < x.shape[dim] -> (step <= x.shape[dim])": _ROUND,
    "scans:_logcumsumexp_slope:saved value: x -> g in x.ndim == 0": _ONE_SHAPE,
    "determinants:_cofactors:constant: 1 -> 2 in -1": "columns bound a determinant as rows do",
    "determinants:_cofactors:constant: 1 -> 2 in -1 #3": _SQUARE,
    "determinants:_cofactors:constant: 100 -> 101 in 100 * np.finfo(a.dtype).eps": _BOUND,
    "determinants:_cofactors:drop: 100 * np.finfo(a.dtype).eps -> (np.finfo(a.dtype).eps)": _BOUND,
    "determinants:_cofactors:forgotten call: np.sign(np.linalg.det(as_array(u)) * ... ray(vh)))"
    " -> (np.linalg.det(as_array(u)) * np.lin ... ray(vh)))": "it is 1 or -1, to rounding",
    "determinants:_cofactors:constant: True -> False in raw_svd(where(singular, x, apart), full="
    "True)": _SQUARE,
    "factors:_or_0:factor: like * 0 -> (2 * (like * 0))": _NOTHING,
    "factors:_or_0:sign: like * 0 -> (-(like * 0))": _NOTHING,
    "factors:_qr_slope:constant: 1 -> 2 in -1": _SQUARE,
    "matrices:mT:swap: transpose(x, -2, -1) -> transpose(x, -1, -2)": "either dimension first",
    "products:_exp_slope:constant: 1 -> 2 in -1": _SQUARE,
    "products:_exp_slope:saved value: x -> g in mT(x) #2": "zeros of one shape",
    "solving:_solve_vjp:condition: -(of_b @ mT(y)) if needs[0] else None"
    " -> (-(of_b @ mT(y)))": _UNASKED,
    "blocks:_part:forgotten call: array.reshape(-1) -> array": "as many rows have all the elements",
    "loss:cross_entropy:factor: loss + math.nan -> (2 * (loss + math.nan))": _NAN,
    "loss:cross_entropy:operator: loss + math.nan -> (loss - math.nan)": _NAN,
    "loss:_shares:constant: 1 -> 2 in max(classes, 1)": "of a single class every loss is 0",
    "loss:cross_entropy:sign: loss + math.nan -> (-(loss + math.nan))": _NAN,
    "optimizer:Optimizer._together:drop: arrays + held -> held": "a plan that never fits is"
    " made anew, and does the same",
    "sgd:SGD._arrays:constant: 0.0 -> 1.0 in {'momentum_buffer': 0.0}": "the first step writes"
    " over it",
    "sgd:sgd_:condition: g * (1 - dampening) if dampening else g"
    " -> (g * (1 - dampening))": _UNDAMPED,
    "sgd:sgd_:saved value: dampening"
    " -> momentum in g * (1 - dampening) if dampening else g": _UNDAMPED,
}

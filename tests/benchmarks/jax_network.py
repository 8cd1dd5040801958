"""The networks in JAX, as pure functions of their parameters and running statistics."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax

from .work import RATES, Layer, Net, Work, initial


def parameters(work: Work, layers: list[Layer]) -> tuple[Any, Any]:
    params = [{"weight": jnp.asarray(w), "bias": jnp.asarray(b)} for w, b in layers]
    stats = []
    if work.batch_norm:
        for p, n in zip(params, work.sizes[1:-1], strict=False):
            p |= {"scale": jnp.ones(n), "shift": jnp.zeros(n)}
            stats.append((jnp.zeros(n), jnp.ones(n)))
    return params, stats


def forward(work: Work, params: Any, stats: Any, x: Any, key: Any) -> tuple[Any, Any]:
    """The scores and, in training (with a key), the running statistics after this batch."""
    kept = []
    for i, p in enumerate(params):
        x = x @ p["weight"] + p["bias"]
        if i == len(params) - 1:
            break
        if work.batch_norm:
            mean, var = old_mean, old_var = stats[i]
            if key is not None:
                mean, var = x.mean(0), x.var(0)
                unbiased = var * (len(x) / (len(x) - 1))
                kept.append((0.9 * old_mean + 0.1 * mean, 0.9 * old_var + 0.1 * unbiased))
            x = (x - mean) * jax.lax.rsqrt(var + 1e-5) * p["scale"] + p["shift"]
        x = jax.nn.relu(x)
        if work.dropout and key is not None:
            key, one = jax.random.split(key)
            alive = jax.random.bernoulli(one, 1 - work.dropout, x.shape)
            x = jnp.where(alive, x / (1 - work.dropout), 0)
    return x, kept


def network(work: Work) -> Net:
    params, stats = parameters(work, initial(work))
    rate = RATES[work.rule]
    rule = {
        "sgd": lambda: optax.sgd(rate),
        "momentum": lambda: optax.sgd(rate, momentum=0.9),
        "adam": lambda: optax.adam(rate),
    }[work.rule]()
    state, key = rule.init(params), jax.random.key(0)

    def loss_of(params: Any, stats: Any, x: Any, t: Any, key: Any) -> Any:
        y, stats = forward(work, params, stats, x, key)
        return optax.softmax_cross_entropy_with_integer_labels(y, t).mean(), stats

    @jax.jit
    def step(params: Any, stats: Any, state: Any, x: Any, t: Any, key: Any) -> Any:
        key, one = jax.random.split(key)
        gradient = jax.value_and_grad(loss_of, has_aux=True)
        (loss, stats), grads = gradient(params, stats, x, t, one)
        updates, state = rule.update(grads, state)
        return optax.apply_updates(params, updates), stats, state, key, loss

    def train(x: Any, t: Any) -> Any:
        nonlocal params, stats, state, key
        params, stats, state, key, loss = step(params, stats, state, x, t, key)
        return loss

    scores = jax.jit(lambda params, stats, x: forward(work, params, stats, x, None)[0])
    return Net(train, lambda x: scores(params, stats, x), jnp.asarray)


def trained(scores: Any, params: Any, rule: str) -> Net:
    """A function ``scores(params, x)`` trained by a rule on the cross-entropy."""
    optimizer = {"sgd": optax.sgd, "adam": optax.adam}[rule](RATES[rule])
    state = optimizer.init(params)

    @jax.jit
    def update(params: Any, state: Any, x: Any, t: Any) -> Any:
        def loss_of(params: Any) -> Any:
            y = scores(params, x)
            return optax.softmax_cross_entropy_with_integer_labels(y, t).mean()

        loss, grads = jax.value_and_grad(loss_of)(params)
        updates, state = optimizer.update(grads, state)
        return optax.apply_updates(params, updates), state, loss

    def train(x: Any, t: Any) -> Any:
        nonlocal params, state
        params, state, loss = update(params, state, x, t)
        return loss

    return Net(train, lambda x: scores(params, x), jnp.asarray)

"""How fast the package is, beside others: ``python -m tests.benchmarks`` in the root.

Nothing here passes or fails by a time; ``test_benchmarks.py`` only sees that every benchmark runs.
"""

"""The Hypothesis profiles; ``--hypothesis-profile=NAME`` chooses one.

``default`` draws the same examples on every machine until a test is changed, so a newcomer's run
and CI's are the same run; ``thorough`` draws twenty times as many, new ones every time.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

COMMON = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])

settings.register_profile("default", COMMON, derandomize=True, max_examples=50)
settings.register_profile("thorough", COMMON, max_examples=1000)
settings.load_profile("default")

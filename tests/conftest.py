"""Hypothesis profiles, which alone say how many examples a property is tried on.

"ci", the default, tries few examples and the same ones every time; `pytest --hypothesis-profile=full` tries many more,
new ones every time.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("full", max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")

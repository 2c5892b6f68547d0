"""How surprising a reading was: -log10 of the probability of one at least so far off, on either side.

1.3 is one in twenty, 4 is one in ten thousand. Written without scipy, which is too heavy for a gateway; the tests
compare it with the exact functions.
"""

import numpy as np

from edgetwin.core.signals import Floats

# Chebyshev fit of log(erfc(x) * exp(x^2) / t), t = 2 / (2 + x); relative error of erfc below 1.2e-7 everywhere.
_FIT = (
    0.17087277,
    -0.82215223,
    1.48851587,
    -1.13520398,
    0.27886807,
    -0.18628806,
    0.09678418,
    0.37409196,
    1.00002368,
    -1.26551223,
)
_LOG10_E = np.log10(np.e)


def normal_surprise(z: Floats) -> Floats:
    """Give the surprise of a standard normal deviation z; finite for any finite z."""
    x = np.abs(z) / np.sqrt(2.0)
    t = 2.0 / (2.0 + x)
    fit = np.full_like(t, _FIT[0])
    for coefficient in _FIT[1:]:
        fit *= t
        fit += coefficient
    surprise: Floats = -_LOG10_E * (np.log(t) - x * x + fit)
    return surprise


def student_surprise(z: Floats, dof: Floats) -> Floats:
    """Give the surprise of a Student-t deviation z, by the normal deviation with the same tail (Wallace 1959)."""
    same_tail = np.sqrt(dof * np.log1p(z * z / dof)) * (8.0 * dof + 1.0) / (8.0 * dof + 3.0)
    return np.maximum(normal_surprise(same_tail), 0.0)

"""The adaptive bank: nine small Kalman filters for each signal, and the mean that the data itself weights.

Each filter believes in another ratio of process noise to sensor noise. Six follow a level with a rate, three a level
alone; which of them predicts best decides how much each counts. The sensor's noise variance is learned along the
way. So there is no Q and no R to tune, and one setting serves all signals.

Covariances are kept in units of the sensor's variance r, and time in units of the signal's own period. With
h = [1, 0] and unit measurement variance the update needs no matrix at all.

Never: no clock, no NaN in, no state for a reading that was rejected.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgetwin.core.memory import Memory
from edgetwin.core.signals import Floats, Ids, Mask

# The grid, per period and in units of r: found on eight scenarios (tests/bench) and never tuned to a plant.
_RATE_NOISE = np.concatenate([np.logspace(-7.0, -0.5, 6), np.zeros(3)])[:, None]
_LEVEL_NOISE = np.concatenate([np.zeros(6), [1e-3, 5e-2, 1.0]])[:, None]
_HAS_RATE = (_RATE_NOISE > 0).astype(np.float64)
_M = len(_RATE_NOISE)

_FORGET = 0.98  # of the evidence for each filter, per reading
_DISCOUNT = 0.98  # of what is known about the sensor's variance, per reading
_YOUNG = 150  # readings in which garbage at the start is forgotten quickly
_FAR_TOO_CALM = 0.005  # mean of z^2, where 1 is expected
_DISCOUNT_FAST = 0.6
_GATE = 16.0  # squared standardised innovation beyond which a reading is a spike
_GATE_RUN = 3  # so many spikes in a row; the next one is the new level
_GATE_OPEN = 4  # readings after such a jump that are taken whatever they say
_GATE_AFTER = 12  # readings before the gate may close
_LONGEST_STEP = 1e4  # periods; a longer silence is worth no more than this
_FIRST_SHAPE = 0.5
_R_SMALLEST = 1e-30
_MOSTLY = 0.8  # share of readings that repeat the one before; above it they are no new measurements
_LEARN_REPEATS = 0.01  # share of a new reading in that share
_LEARN_MOVE = 0.05  # share of a new move in the mean square of moves
_FAR_MOVE = 9.0  # no move counts for more than so many mean squares

# Rows of the state.
_X, _V, _P00, _P01, _P11, _B, _LOGW = range(7)


class Prediction(NamedTuple):
    """How a reading compared with what was expected of it."""

    z: Floats  # reading minus prediction, in units of its standard deviation; NaN for a first reading
    dof: Floats  # degrees of freedom of that standard deviation
    spike: Mask  # the reading was rejected


class Estimate(NamedTuple):
    """The corrected value and the standard deviation of its error."""

    value: Floats
    sigma: Floats


class Bank:
    """The filters of all signals."""

    def __init__(self, memory: Memory) -> None:
        self._state = memory.array("bank.state", np.float64, rows=(7, _M))
        self._a = memory.array("bank.a", np.float64, _FIRST_SHAPE)  # shape of the inverse gamma of r
        self._n = memory.array("bank.n", np.int64)  # readings taken
        self._spikes = memory.array("bank.spikes", np.int64)  # rejected in a row; below 0: the gate is open
        self._step = memory.array("bank.step", np.float64, np.inf)  # smallest change seen: quantisation
        self._calm = memory.array("bank.calm", np.float64, 1.0)  # recent mean of z^2, while it is young
        self._move_square = memory.array("bank.move_square", np.float64)  # of the changes that are changes
        self._repeats = memory.array("bank.repeats", np.float64)  # share of readings that are none
        self._last = memory.array("bank.last", np.float64, np.nan)
        self._value = memory.array("bank.value", np.float64, np.nan)
        self._sigma = memory.array("bank.sigma", np.float64, np.nan)

    def readings(self, at: slice | Ids) -> NDArray[np.int64]:
        """Tell how many readings each filter has taken."""
        return self._n[at]

    def estimate(self, at: slice | Ids) -> Estimate:
        """Give the estimates as the last readings left them."""
        return Estimate(self._value[at], self._sigma[at])

    def update(self, at: slice | Ids, y: Floats, tau: Floats) -> Prediction:
        """Predict over tau periods, compare, and take in the readings that are no spikes."""
        n = self._n[at]
        fresh = n == 0
        if fresh.any():
            self._begin(at, y, fresh)
        state = self._state[:, :, at]
        quantum = self._quantum(at, y)
        r_floor = quantum + (1e-9 * y) ** 2 + _R_SMALLEST
        x, v, p00, p01, p11 = _predicted(state, np.minimum(tau, _LONGEST_STEP))
        logw, a, b = state[_LOGW], self._a[at], state[_B]

        # innovation and its variance, for each filter and for the mixture
        e = y - x
        s = p00 + 1.0
        second = n == 1
        if second.any():  # the first difference is all we know of r
            b = np.where(second, a * np.maximum(e * e / 3.0, r_floor), b)
        r = np.maximum(b / a, r_floor)
        w = np.exp(logw)
        expected = (w * x).sum(0)
        spread = (w * (r * s + (x - expected) ** 2)).sum(0)
        z = (y - expected) / np.sqrt(spread)
        spike, jump = self._gate(at, z, n)
        if jump.any():  # a fourth in a row is the new level: every filter may go there
            p00 = np.where(jump, p00 + e * e / r, p00)
            s = p00 + 1.0

        # weights: Student-t likelihood of the reading under each filter; old evidence fades
        z2 = e * e / s
        logw = _FORGET * logw - (a + 0.5) * np.log1p(z2 / (2.0 * a * r)) - 0.5 * np.log(s * r)
        logw = logw - logw.max(0)
        w = np.exp(logw)
        total = w.sum(0)
        w, logw = w / total, logw - np.log(total)

        # r: inverse gamma with discount
        discount = self._discount(at, z, n)
        a, b = discount * a + 0.5, discount * b + 0.5 * z2
        r = np.maximum(b / a, r_floor)

        # update: K = P h' / s, x = x + K e, P = (I - K h) P
        k0, k1 = p00 / s, p01 / s
        x, v = x + k0 * e, v + k1 * e
        value = (w * x).sum(0)
        variance = (w * (r * k0 + (x - value) ** 2)).sum(0)
        sigma = np.sqrt(np.maximum(variance, quantum))
        new = (x, v, k0, k1, np.maximum(p11 - k1 * p01, 0.0), b, logw)
        self._keep(at, spike | fresh, new, a, Estimate(value, sigma))
        if fresh.any():  # nothing was predicted for a first reading
            self._value[at] = np.where(fresh, y, self._value[at])
            z = np.where(fresh, np.nan, z)
        self._n[at] = n + ~spike
        return Prediction(z, 2.0 * self._a[at], spike)

    def _begin(self, at: slice | Ids, y: Floats, fresh: Mask) -> None:
        """Start the filters of these signals at their first reading."""
        first = np.zeros((7, _M, len(y)))
        first[_X] = y
        first[_P00] = 1.0
        first[_P11] = _HAS_RATE
        first[_LOGW] = -np.log(_M)
        self._state[:, :, at] = np.where(fresh, first, self._state[:, :, at])
        self._last[at] = np.where(fresh, y, self._last[at])

    def _quantum(self, at: slice | Ids, y: Floats) -> Floats:
        """Give the variance of rounding, or of holding: a reading cannot know its value better than that.

        A quantised one is off by step^2 / 12. One that is mostly the reading before once more (a laboratory value, a
        recording on change that was filled up) is no new measurement, and is off by up to the move that is to come.
        """
        change = np.abs(y - self._last[at])
        moved = change > 0
        step = np.fmin(self._step[at], np.where(moved, change, np.inf))
        self._step[at], self._last[at] = step, y
        square, repeats = self._move_square[at], self._repeats[at]
        known = square > 0
        seen = np.minimum(change * change, np.where(known, _FAR_MOVE * square, np.inf))
        square = np.where(moved, square + np.where(known, _LEARN_MOVE, 1.0) * (seen - square), square)
        repeats = repeats + _LEARN_REPEATS * (~moved - repeats)
        self._move_square[at], self._repeats[at] = square, repeats
        held = np.where(repeats > _MOSTLY, square / 3.0, 0.0)
        return np.maximum(np.where(np.isfinite(step), step * step / 12.0, 0.0), held)

    def _gate(self, at: slice | Ids, z: Floats, n: Floats) -> tuple[Mask, Mask]:
        """Tell the spikes from the jumps: what stays away for longer than a few readings is no spike."""
        far = (z * z > _GATE) & (n >= _GATE_AFTER)
        spikes = self._spikes[at]
        if not far.any():
            self._spikes[at] = np.minimum(spikes + 1, 0)
            return far, far
        spike = far & (spikes >= 0) & (spikes < _GATE_RUN)
        jump = far & ~spike
        # After a jump the gate stays open for some readings: a ramp is no series of spikes.
        self._spikes[at] = np.where(jump, -_GATE_OPEN, np.where(spike, spikes + 1, np.minimum(spikes + 1, 0)))
        return spike, jump

    def _discount(self, at: slice | Ids, z: Floats, n: Floats) -> Floats | float:
        """Say how much of what is known about r is kept.

        Garbage among the first readings makes r far too large, and no gate is closed yet. When those that follow are
        far calmer than r says, it is forgotten quickly.
        """
        young = n < _YOUNG
        if not young.any():
            return _DISCOUNT
        calm = np.fmin(self._calm[at] + 0.25 * (z * z - self._calm[at]), 1.0)
        self._calm[at] = calm
        return np.where(young & (calm < _FAR_TOO_CALM), _DISCOUNT_FAST, _DISCOUNT)

    def _keep(
        self, at: slice | Ids, rejected: Mask, state: tuple[Floats, ...], a: Floats, estimate: Estimate
    ) -> None:
        """Store what an update has made, except where the reading was rejected: there all stays as it was."""
        some = rejected.any()
        kept = (*self._state, self._a, self._value, self._sigma)
        for array, new in zip(kept, (*state, a, *estimate), strict=True):
            array[..., at] = np.where(rejected, array[..., at], new) if some else new


def _predicted(state: Floats, tau: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Predict: x = F x, P = F P F' + Q over tau periods, with F = [[1, tau], [0, 1]]."""
    x, v, p00, p01, p11 = state[:5]
    q = _RATE_NOISE * tau
    p11_tau = p11 * tau
    return (
        x + v * tau,
        v,
        p00 + tau * (2.0 * p01 + p11_tau) + q * (tau * tau / 3.0) + _LEVEL_NOISE * tau,
        p01 + p11_tau + q * (tau / 2.0),
        p11 + q,
    )

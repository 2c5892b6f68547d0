"""The bank against the textbook; and what it does with spikes, jumps and steps of a converter."""

import math

import numpy as np
import pytest
from by_hand import table

from edgetwin.core.estimate import bank as module
from edgetwin.core.estimate.bank import Bank
from edgetwin.core.memory import Memory
from edgetwin.core.signals import Floats

ALL = slice(None)
MODELS = range(9)


def bank(signals: int = 1) -> Bank:
    return Bank(Memory(table(*(f"s{number}" for number in range(signals)))))


class Textbook:
    """One Kalman filter with dense matrices: n = 2, m = 1, all in units of the sensor's variance."""

    def __init__(self, model: int, first: float) -> None:
        self.q = float(module._RATE_NOISE[model, 0])
        self.level = float(module._LEVEL_NOISE[model, 0])
        self.x = np.array([[first], [0.0]])
        self.P = np.diag([1.0, 1.0 if self.q > 0 else 0.0])
        self.e = self.s = 0.0

    def step(self, y: float, tau: float) -> None:
        """Predict over tau, then update."""
        F = np.array([[1.0, tau], [0.0, 1.0]])
        H = np.array([[1.0, 0.0]])
        Q = self.q * np.array([[tau**3 / 3, tau**2 / 2], [tau**2 / 2, tau]]) + np.diag(
            [self.level * tau, 0.0]
        )
        x = F @ self.x
        P = F @ self.P @ F.T + Q
        S = H @ P @ H.T + 1.0
        K = P @ H.T / S
        self.e, self.s = (y - H @ x).item(), S.item()
        self.x = x + K * self.e
        # Joseph's form, which is the safe way to write (I - K H) P
        I_KH = np.eye(2) - K @ H
        self.P = I_KH @ P @ I_KH.T + K @ K.T


class TextbookBank:
    """Nine of them, with an inverse gamma for r and Student-t weights, written as plainly as can be."""

    def __init__(self, first: float) -> None:
        self.filters = [Textbook(model, first) for model in MODELS]
        self.a, self.b = module._FIRST_SHAPE, [0.0] * 9
        self.log_weight = [-math.log(9)] * 9
        self.n = 1

    def step(self, y: float, tau: float) -> tuple[float, float]:
        """Take a reading; give value and sigma."""
        for m, kalman in enumerate(self.filters):
            kalman.step(y, tau)
            if self.n == 1:
                self.b[m] = self.a * kalman.e**2 / 3.0
            r, dof = self.b[m] / self.a, 2.0 * self.a
            scale = r * kalman.s
            likelihood = -0.5 * (dof + 1) * math.log1p(kalman.e**2 / (dof * scale)) - 0.5 * math.log(scale)
            self.log_weight[m] = module._FORGET * self.log_weight[m] + likelihood
            self.b[m] = module._DISCOUNT * self.b[m] + 0.5 * kalman.e**2 / kalman.s
        self.a = module._DISCOUNT * self.a + 0.5
        self.n += 1
        most = max(self.log_weight)
        total = most + math.log(sum(math.exp(one - most) for one in self.log_weight))
        self.log_weight = [one - total for one in self.log_weight]
        weights = [math.exp(one) for one in self.log_weight]
        value = sum(w * kalman.x[0, 0] for w, kalman in zip(weights, self.filters, strict=True))
        variance = sum(
            w * (b / self.a * kalman.P[0, 0] + (kalman.x[0, 0] - value) ** 2)
            for w, b, kalman in zip(weights, self.b, self.filters, strict=True)
        )
        return value, math.sqrt(variance)


def irregular(count: int, seed: int) -> tuple[Floats, Floats]:
    """Give readings and the periods between them: some at once, some late, some after a long hole."""
    rng = np.random.default_rng(seed)
    tau = rng.choice([0.0, 0.1, 1.0, 1.0, 1.0, 2.5, 40.0], count)
    return 20.0 + 0.05 * np.cumsum(tau) + 0.3 * np.cumsum(rng.normal(size=count)) + rng.normal(
        size=count
    ), tau


@pytest.mark.parametrize("model", MODELS)
def test_each_filter_is_the_textbook_filter(model: int) -> None:
    y, tau = irregular(300, seed=model)
    ours, textbook = bank(), Textbook(model, y[0])
    ours.update(ALL, y[:1], tau[:1])
    for reading, periods in zip(y[1:, None], tau[1:, None], strict=True):
        if not ours.update(ALL, reading, periods).spike[0]:
            textbook.step(float(reading[0]), float(periods[0]))
        x, v, p00, p01, p11 = ours._state[:5, model, 0]
        np.testing.assert_allclose([x, v], textbook.x[:, 0], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose([p00, p01, p11], textbook.P[[0, 0, 1], [0, 1, 1]], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_mixture_is_what_the_textbook_says(seed: int) -> None:
    y, tau = irregular(300, seed=seed)
    ours, textbook, (value, sigma) = bank(), TextbookBank(y[0]), (y[0], 0.0)
    ours.update(ALL, y[:1], tau[:1])
    for reading, periods in zip(y[1:, None], tau[1:, None], strict=True):
        if not ours.update(ALL, reading, periods).spike[0]:
            value, sigma = textbook.step(float(reading[0]), float(periods[0]))
        estimate = ours.estimate(ALL)
        np.testing.assert_allclose(estimate.value[0], value, rtol=1e-9)
        np.testing.assert_allclose(estimate.sigma[0], sigma, rtol=1e-6)


def lively(signals: int = 1, count: int = 60) -> Bank:
    """Give a bank that knows its signals: 50 +- 1."""
    ours, rng = bank(signals), np.random.default_rng(7)
    for _ in range(count):
        ours.update(ALL, 50.0 + rng.normal(size=signals), np.ones(signals))
    return ours


def test_three_spikes_leave_the_state_as_it_was_and_a_fourth_is_the_new_level() -> None:
    ours = lively()
    state, before = ours._state.copy(), ours.estimate(ALL)
    for _ in range(3):
        prediction = ours.update(ALL, np.array([90.0]), np.ones(1))
        assert prediction.spike[0]
        assert prediction.z[0] > 4.0
        np.testing.assert_array_equal(ours._state, state)
        assert ours.estimate(ALL) == before
    assert not ours.update(ALL, np.array([90.0]), np.ones(1)).spike[0]
    assert ours.estimate(ALL).value[0] == pytest.approx(90.0, abs=0.5)


def test_spikes_that_come_one_at_a_time_are_never_followed() -> None:
    ours = lively()
    for reading in (90.0, 50.3, 10.0, 49.2, 90.0, 50.1, 90.0):
        ours.update(ALL, np.array([reading]), np.ones(1))
    assert ours.estimate(ALL).value[0] == pytest.approx(50.0, abs=1.0)


def test_the_gate_is_open_while_little_is_known() -> None:
    ours = lively(count=5)
    assert not ours.update(ALL, np.array([90.0]), np.ones(1)).spike[0]


def test_a_spike_of_one_signal_is_no_matter_of_the_others() -> None:
    ours, undisturbed = lively(3), lively(3)
    ours.update(ALL, np.array([50.0, 90.0, 51.0]), np.ones(3))
    undisturbed.update(ALL, np.array([50.0, 50.0, 51.0]), np.ones(3))
    np.testing.assert_array_equal(ours._state[:, :, [0, 2]], undisturbed._state[:, :, [0, 2]])


@pytest.mark.parametrize("step", [0.1, 1.0, 25.0])
def test_a_quantised_signal_knows_its_value_no_better_than_its_step(step: float) -> None:
    ours, rng = bank(), np.random.default_rng(3)
    for k in range(500):
        reading = np.round((40.0 + 8.0 * step * np.sin(k / 50) + rng.normal() * step / 3) / step) * step
        ours.update(ALL, np.array([reading]), np.ones(1))
        if k > 100:
            assert ours.estimate(ALL).sigma[0] >= 0.999 * step / math.sqrt(12)


def test_a_slice_and_its_ids_give_the_same() -> None:
    one, other = lively(4), lively(4)
    one.update(slice(1, 3), np.array([50.0, 51.0]), np.ones(2))
    other.update(np.array([1, 2], np.int32), np.array([50.0, 51.0]), np.ones(2))
    np.testing.assert_array_equal(one._state, other._state)

"""How long polls keep a line busy: what cannot work is refused with figures, and nothing else is."""

import pytest

from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.modbus_line import line
from edgetwin.core.errors import ConfigError
from edgetwin.field.modbus import bus_time
from edgetwin.field.modbus.bus_time import Pace
from edgetwin.field.modbus.plan import plan

TCP, SERVER = "modbus-tcp://plc", "modbus-rtu-tcp://server"
SERIAL = "modbus-rtu:///dev/ttyUSB0?baud=9600&parity=none"


def device(signals: dict[str, dict[str, object]], connect: str = TCP, **settings: object) -> ModbusDevice:
    return ModbusDevice.model_validate({"connect": connect, "signals": signals, **settings})


def scattered(count: int, step: int = 100, **more: object) -> dict[str, dict[str, object]]:
    """Give signals so far apart that each is a request."""
    return {f"s{number}": {"at": f"hr:{step * number}", **more} for number in range(count)}


def problems(**devices: ModbusDevice) -> list[ConfigError]:
    return list(bus_time.problems(devices))


def test_a_poll_that_fits_has_no_problem() -> None:
    assert problems(plc=device(scattered(125, step=1), every="10 ms")) == []


def test_a_poll_that_cannot_fit_is_refused_with_figures() -> None:
    (problem,) = problems(plc=device(scattered(50), every="50 ms"))
    assert problem.path == ("device", "plc", "every")
    for figure in ("50 requests", "about 100 ms", "every 50 ms", "201%", "2 ms a request"):
        assert figure in problem.message


def test_all_rhythms_together_must_fit() -> None:
    more: dict[str, dict[str, object]] = {
        f"t{number}": {"at": f"hr:{100 * number + 50}", "every": "20 ms"} for number in range(5)
    }
    assert problems(plc=device(scattered(3), every="10 ms")) == []
    assert problems(plc=device(scattered(3) | more, every="10 ms"))


@pytest.mark.parametrize(("allowed", "found"), [(3, 1), (4, 0)])
def test_a_value_wider_than_a_request_is_refused(allowed: int, found: int) -> None:
    problem = problems(plc=device({"energy": {"at": "hr:0", "type": "uint64"}}, max_registers=allowed))
    assert len(problem) == found
    assert all(each.path == ("device", "plc", "max_registers") for each in problem)


def test_a_string_wider_than_a_request_is_refused() -> None:
    (problem,) = problems(plc=device({"batch": {"at": "hr:0", "length": 40}}, max_registers=16))
    assert "a string of 20 registers" in problem.message


def test_a_serial_line_is_counted_by_its_characters() -> None:
    (rhythm,) = plan(device(scattered(10, step=1), connect=SERIAL))
    character_s = 10 / 9_600
    frames_s = (8 + 5 + 2 * 10) * character_s  # a request, and an answer with ten registers
    pauses_s = 2 * 3.5 * character_s
    assert Pace.of(line(SERIAL)).rhythm_s(rhythm) == pytest.approx(frames_s + pauses_s + 5e-3)


def test_above_19200_baud_pauses_get_no_shorter() -> None:
    slow, fast = (Pace.of(line(f"modbus-rtu:///dev/x?baud={baud}")) for baud in (57_600, 921_600))
    assert slow.request_s - 13 * slow.octet_s == pytest.approx(fast.request_s - 13 * fast.octet_s)


def test_units_that_fit_one_by_one_may_not_fit_on_their_line() -> None:
    batch: dict[str, dict[str, object]] = {"batch": {"at": "hr:0", "length": 60}}
    units = {
        f"meter{unit}": device(batch, connect=SERIAL, unit=unit, every=f"{100 * unit} ms")
        for unit in (1, 2, 3)
    }
    assert problems(meter1=units["meter1"]) == []
    (problem,) = problems(**units)
    assert problem.path == ("device", "meter1", "every")
    for part in (
        "3 units",
        "/dev/ttyUSB0",
        "meter1 88%, meter2 44%, meter3 29%",
        "162%",
        "9600 baud",
        "raise",
    ):
        assert part in problem.message


def test_each_line_has_its_own_time() -> None:
    signals = scattered(30)
    plcs = {f"plc{number}": device(signals, f"{TCP}{number}", every="100 ms") for number in range(20)}
    assert problems(**plcs) == []
    (problem,) = problems(
        **{f"plc{unit}": device(signals, TCP, unit=unit, every="100 ms") for unit in (1, 2)}
    )
    assert "2 units cannot fit on plc:502" in problem.message
    assert "121%" in problem.message


def test_a_unit_that_does_not_fit_alone_is_told_and_not_its_line() -> None:
    heavy, light = device(scattered(50), every="50 ms"), device(scattered(1), unit=2)
    (problem,) = problems(heavy=heavy, light=light)
    assert problem.path == ("device", "heavy", "every")


def test_a_line_of_unknown_speed_is_refused_only_where_no_speed_would_do() -> None:
    units = {f"u{unit}": device(scattered(20), SERVER, unit=unit, every="1 s") for unit in range(1, 3)}
    shares = [Pace.of(line(SERVER)).share(unit) for unit in units.values()]
    assert sum(shares) > 1  # at 9600 baud it could not work
    assert problems(**units) == []
    more = {f"u{unit}": device(scattered(20), SERVER, unit=unit, every="1 s") for unit in range(1, 9)}
    (problem,) = problems(**more)
    assert "as much as 115200 baud" in problem.message

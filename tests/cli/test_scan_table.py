"""What `edgetwin scan` says of a line: each unit with its own reason, and no more than was seen."""

from edgetwin.cli.scan_modbus import FoundBlock, FoundUnit, Search
from edgetwin.cli.scan_table import lines

SEARCH = Search(units=(1, 2, 3, 4), areas=("hr",), pause_s=0.02, timeout_s=0.5, budget=1000)
BLOCK = FoundBlock("hr", 0, 10)


def page(*units: FoundUnit) -> str:
    return "\n".join(lines("modbus-tcp://10.0.0.1", units, SEARCH))


def there(unit: int) -> FoundUnit:
    return FoundUnit(unit, there=True, blocks=[BLOCK])


def test_units_that_are_away_for_different_reasons_are_told_apart() -> None:
    told = page(
        there(1),
        FoundUnit(2, note="no answer"),
        FoundUnit(3, note="exception 11"),
        FoundUnit(4, note="no answer"),
    )
    assert "no answer from units 2, 4: no answer\n" in told
    assert "no answer from unit 3: exception 11\n" in told


def test_where_nothing_is_found_on_a_serial_line_its_settings_are_asked_for() -> None:
    nobody = [FoundUnit(1, note="no answer")]
    assert "parity" in "\n".join(lines("modbus-rtu:///dev/ttyUSB0", nobody, SEARCH))
    assert "parity" not in page(*nobody)


def test_meters_of_one_model_are_not_taken_for_one_device() -> None:
    assert "one device" not in page(there(1), there(2), there(3), FoundUnit(4, note="no answer"))


def test_a_device_that_may_answer_to_every_unit_id_is_told() -> None:
    assert "one device may be answering to every unit id" in page(there(1), there(2), there(3))

"""What is asked for together: everything once, nothing split, no request too long."""

from hypothesis import given
from hypothesis import strategies as st

from edgetwin.config.modbus import ModbusDevice
from edgetwin.config.modbus_types import NUMBERS
from edgetwin.config.registers import BITS
from edgetwin.field.modbus.plan import MAX_BITS, plan


def device(signals: dict[str, dict[str, object]], **settings: object) -> ModbusDevice:
    return ModbusDevice.model_validate({"connect": "modbus-tcp://plc", "signals": signals, **settings})


def blocks(config: ModbusDevice) -> list[tuple[str, int, int]]:
    return [(block.area, block.address, block.count) for rhythm in plan(config) for block in rhythm.blocks]


@st.composite
def devices(draw: st.DrawFn, *, single: bool = False) -> ModbusDevice:
    signals: dict[str, dict[str, object]] = {}
    for number in range(draw(st.integers(1, 30))):
        area = draw(st.sampled_from(["co", "di", "hr", "ir"]))
        signal: dict[str, object] = {"at": f"{area}:{draw(st.integers(0, 3000))}"}
        if area not in BITS:
            signal["type"] = draw(st.sampled_from(NUMBERS))
        if draw(st.booleans()):
            signal["every"] = draw(st.sampled_from(["100 ms", "1 s", "10 s"]))
        signals[f"s{number}"] = signal
    longest, gap = draw(st.integers(4, 125)), draw(st.integers(0, 124))
    return device(signals, max_registers=longest, max_gap=gap, single_reads=single)


@given(devices())
def test_every_signal_is_read_exactly_once_and_whole(config: ModbusDevice) -> None:
    read = []
    for rhythm in plan(config):
        for block in rhythm.blocks:
            for place, register in enumerate(block.registers, start=block.first):
                read.append(register.name)
                assert rhythm.registers[place] is register
                assert register.area == block.area
                assert block.address <= register.address
                assert register.end <= block.address + block.count
                assert rhythm.period_s == (config.signals[register.name].every or config.every)
    assert sorted(read) == sorted(config.signals)


@given(devices())
def test_no_request_is_longer_than_the_device_allows(config: ModbusDevice) -> None:
    for area, _, count in blocks(config):
        assert 1 <= count <= (MAX_BITS if area in BITS else config.max_registers)


@given(devices())
def test_no_gap_is_wider_than_allowed(config: ModbusDevice) -> None:
    for rhythm in plan(config):
        for block in rhythm.blocks:
            end = block.address
            for register in block.registers:
                assert register.address - end <= config.max_gap * (16 if block.area in BITS else 1)
                end = max(end, register.end)


@given(devices())
def test_no_two_neighbouring_requests_could_have_been_one(config: ModbusDevice) -> None:
    for rhythm in plan(config):
        for one, two in zip(rhythm.blocks, rhythm.blocks[1:], strict=False):
            if one.area != two.area:
                continue
            unit, longest = (16, MAX_BITS) if one.area in BITS else (1, config.max_registers)
            gap = two.address - (one.address + one.count)
            together = max(two.registers[0].end, one.address + one.count) - one.address
            assert gap > config.max_gap * unit or together > longest


def test_neighbours_are_read_together_across_a_small_gap() -> None:
    config = device(
        {
            "a": {"at": 40101, "type": "float32"},
            "b": {"at": 40103, "type": "int16"},
            "c": {"at": 40112},
            "d": {"at": 40122},
        }
    )
    assert blocks(config) == [("hr", 100, 12), ("hr", 121, 1)]


def test_areas_and_rhythms_are_not_mixed() -> None:
    config = device(
        {
            "a": {"at": "hr:0"},
            "b": {"at": "hr:1", "every": "5 s"},
            "c": {"at": "ir:0"},
            "d": {"at": "co:0"},
            "e": {"at": "di:0"},
        }
    )
    assert [rhythm.period_s for rhythm in plan(config)] == [1.0, 5.0]
    assert blocks(config) == [("co", 0, 1), ("di", 0, 1), ("hr", 0, 1), ("ir", 0, 1), ("hr", 1, 1)]


def test_a_value_is_not_split_where_a_request_is_full() -> None:
    config = device({f"f{n}": {"at": f"hr:{2 * n}", "type": "float32"} for n in range(6)}, max_registers=5)
    assert blocks(config) == [("hr", 0, 4), ("hr", 4, 4), ("hr", 8, 4)]


def test_two_thousand_bits_are_one_request() -> None:
    config = device({f"b{n}": {"at": f"di:{n}"} for n in range(2001)})
    assert blocks(config) == [("di", 0, 2000), ("di", 2000, 1)]


def test_the_order_of_words_is_the_devices_unless_the_signal_says_otherwise() -> None:
    config = device(
        {
            "a": {"at": "hr:0", "type": "int32"},
            "b": {"at": "hr:2", "type": "int32", "word_order": "high-first"},
        },
        word_order="low-first",
        byte_order="low-first",
    )
    a, b = plan(config)[0].registers
    assert (a.word_order, a.byte_order) == ("low-first", "low-first")
    assert (b.word_order, b.byte_order) == ("high-first", "low-first")


def test_single_reads_are_a_request_for_each_value() -> None:
    config = device(
        {
            "a": {"at": "hr:0", "type": "float32"},
            "b": {"at": "hr:2"},
            "on": {"at": "co:0"},
            "off": {"at": "co:1"},
        },
        single_reads=True,
    )
    assert blocks(config) == [("co", 0, 1), ("co", 1, 1), ("hr", 0, 2), ("hr", 2, 1)]


def test_what_lies_in_the_registers_of_a_value_is_read_along_with_it() -> None:
    signals: dict[str, dict[str, object]] = {f"bit{bit}": {"at": "hr:1", "bit": bit} for bit in range(16)}
    signals["half"] = {"at": "hr:1", "byte": "high"}
    assert blocks(device(signals, single_reads=True)) == [("hr", 1, 1)]
    whole: dict[str, dict[str, object]] = {"whole": {"at": "hr:0", "type": "uint32", "shared": True}}
    assert blocks(device(signals | whole, single_reads=True)) == [("hr", 0, 2)]


@given(devices(single=True))
def test_no_single_read_asks_for_more_than_one_value(config: ModbusDevice) -> None:
    for rhythm in plan(config):
        for block in rhythm.blocks:
            assert block.count == max(register.width for register in block.registers)


def test_a_string_is_as_wide_as_its_characters_need() -> None:
    config = device({"batch": {"at": "hr:0", "length": 15}, "next": {"at": "hr:8"}})
    assert [register.end for register in plan(config)[0].registers] == [8, 9]
    assert blocks(config) == [("hr", 0, 9)]

"""`edgetwin browse`: the nodes of a real server, what is in them, and nothing but reading."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from browsed import LINE, LineServer
from field_node import NodeServer
from ports import port_that

from edgetwin.__main__ import main
from edgetwin.cli import browse_walk

Browse = Callable[..., int]


@pytest.fixture
def browse(line: LineServer) -> Browse:
    def go(*options: str, url: str = line.url) -> int:
        return main(["browse", url, "--pause", "1 us", "--timeout", "10 s", *options])

    return go


def nodes(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    return {each["path"]: each for each in json.loads(capsys.readouterr().out)["nodes"]}


def test_the_tree_says_what_is_in_each_node(browse: Browse, capsys: pytest.CaptureFixture[str]) -> None:
    assert browse() == 0
    page = capsys.readouterr().out
    rows = {line.split("  ")[0]: line for line in (each.strip() for each in page.splitlines())}
    assert "Double" in rows["Speed"]
    assert "1480.5 rpm" in page
    assert "0 .. 3000" in page
    assert "BadSensorFailure" in rows["Broken"]
    assert "2 (automatic)" in rows["Mode"]
    assert "[1, 2.5, 4] °C" in rows["Zones"]
    assert "EURange" not in page
    assert f"is {LINE}" in page
    assert "Server" not in rows


def test_names_and_values_cannot_steer_the_terminal(
    browse: Browse, capsys: pytest.CaptureFixture[str]
) -> None:
    assert browse() == 0
    page = capsys.readouterr().out
    assert "bad?[31m name" in page
    assert "x?y" in page
    assert not set(page) & {"\x1b", "\x07"}


def test_data_for_programs(browse: Browse, capsys: pytest.CaptureFixture[str]) -> None:
    assert browse("--json") == 0
    speed = nodes(capsys)["Objects/Line1/Motor/Speed"]
    assert speed["node"].startswith(f"nsu={LINE};s=")
    assert (speed["type"], speed["value"], speed["unit"], speed["range"]) == (
        "Double",
        1480.5,
        "rpm",
        [0.0, 3000.0],
    )


@pytest.mark.parametrize(
    ("options", "paths"),
    [
        (["--search", "SPEED"], {"Line1/Motor/Speed", "Line1/Fan/Speed"}),
        (["--select", "*/fan/s*"], {"Line1/Fan/Speed"}),
        (["--select", "*/Phase", "--select", "*/Mode"], {"Line1/Motor/Phase", "Line1/Fan/Mode"}),
        (["--depth", "1"], {"", "Aliases", "Locations", "Line1"}),
        (["--depth", "2", "--search", "line1/"], {"Line1/Motor", "Line1/Fan"}),
    ],
)
def test_what_is_shown_can_be_chosen(
    browse: Browse, capsys: pytest.CaptureFixture[str], options: list[str], paths: set[str]
) -> None:
    assert browse("--json", *options) == 0
    assert {path.removeprefix("Objects").lstrip("/") for path in nodes(capsys)} == paths


@pytest.mark.parametrize("start", ["Objects/Line1/Fan", f"/Objects/nsu={LINE};Line1/Fan/", "ns=3;s=Fan"])
def test_it_begins_where_it_is_told(
    line: LineServer, browse: Browse, capsys: pytest.CaptureFixture[str], start: str
) -> None:
    if start.startswith("ns="):
        assert browse("--json", "--search", "Fan", "--depth", "2") == 0
        start = next(each["node"] for path, each in nodes(capsys).items() if path.endswith("Fan"))
    assert browse("--json", "--from", start) == 0
    assert {path.rpartition("/")[2] for path in nodes(capsys)} == {"Fan", "Speed", "Broken", "Mode"}
    assert line.sessions() == 0


def test_the_server_object_comes_only_when_wanted(browse: Browse, capsys: pytest.CaptureFixture[str]) -> None:
    assert browse("--json", "--server", "--depth", "2") == 0
    assert "Objects/Server/ServerStatus" in nodes(capsys)


def test_no_more_nodes_are_looked_at_than_allowed(browse: Browse, capsys: pytest.CaptureFixture[str]) -> None:
    assert browse("--json", "--max", "7") == 0
    told = capsys.readouterr()
    seen = json.loads(told.out)
    assert len(seen["nodes"]) == 7
    assert seen["cut"] is True
    assert "more than --max 7 nodes" in told.err


def test_units_are_known_though_the_walk_was_cut(browse: Browse, capsys: pytest.CaptureFixture[str]) -> None:
    assert browse("--json", "--max", "5", "--from", "Objects/Line1/Motor") == 0
    assert nodes(capsys)["Objects/Line1/Motor/Speed"]["unit"] == "rpm"


def test_a_circle_of_references_ends(browse: Browse, capsys: pytest.CaptureFixture[str]) -> None:
    assert browse("--json", "--from", "Objects/Line1/Motor", "--depth", "50") == 0
    paths = list(nodes(capsys))
    assert (
        "Objects/Line1/Motor/Around/Line1/Fan/Speed" in paths
    )  # the motor leads back to the line, and that is followed once
    assert not any(path.count("Motor") > 1 for path in paths)


def test_a_server_that_never_ends_is_left(
    browse: Browse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browse_walk, "_REFERENCES_PER_NODE", 1)
    assert browse("--json", "--max", "3") == 0
    assert json.loads(capsys.readouterr().out)["cut"] is True


def test_it_only_reads_and_in_few_calls(
    line: LineServer,
    browse: Browse,
    asked: list[str],
    contacted: set[tuple[str, int]],
) -> None:
    assert browse() == 0
    session = {"CreateSessionRequest", "ActivateSessionRequest", "CloseSessionRequest"}
    assert set(asked) - session == {"ReadRequest", "BrowseRequest"}
    assert len(asked) < 30
    assert contacted == {("127.0.0.1", line.port)}


def test_nothing_fits(browse: Browse, capsys: pytest.CaptureFixture[str]) -> None:
    assert browse("--search", "no such thing") == 1
    assert "nothing fits" in capsys.readouterr().err
    assert browse("--from", "Objects/Line9") == 1
    assert "there is no Line9 in Objects" in capsys.readouterr().err
    assert browse("--from", "ns=2;s=nix") == 1
    assert "there is no ns=2;s=nix" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max", "0"], "--max 0: expected 1 to 50000"),
        (["--depth", "51"], "--depth 51"),
        (["--pause", "5"], "--pause: "),
        (["--timeout", "5"], "--timeout: "),
        (["--from", "Line1"], "is not the id of a node"),
        (["--user", "joe"], "put it into EDGETWIN_BROWSE_PASSWORD"),
    ],
)
def test_a_wrong_option_is_told(
    browse: Browse, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert browse(*options) == 2
    assert said in capsys.readouterr().err
    assert browse(url="192.168.10.30") == 2
    assert browse(url="modbus-tcp://192.168.10.30") == 2


def test_what_is_no_opcua_server_is_told(browse: Browse, capsys: pytest.CaptureFixture[str]) -> None:
    with port_that(None) as port:
        assert browse("--timeout", "200 ms", url=f"opc.tcp://127.0.0.1:{port}") == 69
    assert "no OPC UA answer" in capsys.readouterr().err
    with port_that(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 20) as port:
        assert browse("--timeout", "1 s", url=f"opc.tcp://127.0.0.1:{port}") == 69


def test_a_server_of_another_family(
    node: NodeServer, browse: Browse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"opc.tcp://127.0.0.1:{node.port}"
    assert browse("--json", "--from", "Objects/Line1", url=url) == 0
    found = nodes(capsys)
    assert found["Objects/Line1/Motor/Speed"]["range"] == [0.0, 1000.0]
    assert found["Objects/Line1/Motor/Arm"]["value"]["Position"] == {"X": 1.5, "Y": -2.5}
    assert found["Objects/Line1/Motor/Failed"]["status"] == "BadSensorFailure"
    monkeypatch.setattr(browse_walk, "_WIDEST", 1)  # every answer goes on in the next
    assert browse("--json", "--from", "Objects/Line1", url=url) == 0
    assert nodes(capsys).keys() == found.keys()

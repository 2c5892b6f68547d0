"""Opening the way to a broker: whatever blocks there, the gateway goes on, stops when told and leaks nothing."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from real_broker import Mosquitto, free_port
from uplink_cases import make_uplink

from edgetwin.config.mqtt import Mqtt
from edgetwin.core.errors import ConfigError
from edgetwin.uplink.broker import Broker, BrokerDown
from edgetwin.uplink.dial import dial, tls_context


class Names(NamedTuple):
    """A resolver that does not answer until it may, as one without a network."""

    asked: threading.Event
    may_answer: threading.Event


@pytest.fixture
def slow_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    """Resolve no name until the test lets it."""
    names = Names(threading.Event(), threading.Event())
    resolve: Callable[..., Any] = socket.getaddrinfo

    def wait(*arguments: Any) -> Any:  # noqa: ANN401 - as the original
        names.asked.set()
        names.may_answer.wait(30.0)
        return resolve(*arguments)

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    yield names
    names.may_answer.set()


async def test_an_open_way_has_no_delay_for_small_messages(broker: Mosquitto) -> None:
    with await dial(Broker(broker.host, broker.port, tls=False), None) as way:
        assert way.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        assert way.getpeername() == (broker.host, broker.port)


async def test_a_port_where_nobody_listens_is_said() -> None:
    with pytest.raises(BrokerDown, match="nothing listens"):
        await dial(Broker("127.0.0.1", free_port(), tls=False), None)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 64 + ".invalid"])
async def test_a_name_that_cannot_be_resolved_is_said(host: str) -> None:
    with pytest.raises(BrokerDown, match="cannot be resolved"):
        await dial(Broker(host, 1883, tls=False), None)


async def test_a_resolver_that_hangs_is_not_waited_for(slow_names: Names) -> None:
    del slow_names
    with pytest.raises(BrokerDown, match="no answer"):
        await dial(Broker("127.0.0.1", free_port(), tls=False), None, deadline_s=0.05)


def test_a_resolver_that_hangs_does_not_hold_up_the_end_of_the_program(slow_names: Names) -> None:
    async def start_and_stop() -> None:
        task = asyncio.create_task(make_uplink({"brokers": ["mqtt://127.0.0.1:1"]}).run())
        assert await asyncio.to_thread(slow_names.asked.wait, 5.0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(start_and_stop())
    hanging = [thread.name for thread in threading.enumerate() if thread.name.startswith("dial")]
    assert "dial mqtt://127.0.0.1:1" in hanging  # it hangs still, and nobody waits for it


async def test_a_way_that_comes_too_late_is_closed(slow_names: Names) -> None:
    closed = asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.read() == b""
        closed.set()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, asyncio.timeout(20.0):
        with pytest.raises(BrokerDown):
            await dial(Broker("127.0.0.1", port, tls=False), None, deadline_s=0.05)
        slow_names.may_answer.set()
        await closed.wait()


async def test_a_handshake_that_hangs_is_left_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mqtts://127.0.0.1:{silent.getsockname()[1]}"
        task = asyncio.create_task(make_uplink({"brokers": [url]}).run())
        peer, _ = await asyncio.to_thread(silent.accept)
        with peer:
            assert (await asyncio.to_thread(peer.recv, 1)) == b"\x16"  # a ClientHello, which stays unanswered
            task.cancel()
            async with asyncio.timeout(1.0):
                await asyncio.wait([task])
    assert task.cancelled()


def test_a_ca_file_that_is_none_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    junk = tmp_path / "ca.pem"
    junk.write_text("not a certificate")
    with pytest.raises(ConfigError, match=r"cannot use .*ca\.pem") as found:
        tls_context(Mqtt(brokers=("mqtts://broker",), ca_file=junk))
    assert found.value.path == ("mqtt", "ca_file")

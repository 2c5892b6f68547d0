"""Ports on which nobody answers as he should. A thread serves them: nothing of it is left in the loop of a test."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def port_that(answer: bytes | None) -> Iterator[int]:
    """Give a port that takes connections: None says nothing, anything else is said and the connection closed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ends: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    end, _ = listener.accept()
                except OSError:
                    return
                if answer is None:
                    ends.append(end)
                    continue
                with end, suppress(OSError):  # who asked may be gone
                    end.sendall(answer)

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            for end in ends:
                end.close()

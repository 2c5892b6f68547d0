"""A Modbus unit by libmodbus, in a process of its own: another family than the library of our other test devices.

    python libmodbus_unit.py tcp                 prints the port it listens on
    python libmodbus_unit.py /dev/pts/7 UNIT     serves a serial port

Holding registers hold 1000 + address, input registers 2000 + address; every third coil and every second discrete input
is on. It ends when its standard input does.
"""

import ctypes
import ctypes.util
import os
import socket
import sys
import threading

NAME = "libmodbus.so.5"
BITS, REGISTERS = 200, 300


class Mapping(ctypes.Structure):
    """modbus_mapping_t, as it stands in modbus.h."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("nb_bits", "start_bits", "nb_input_bits", "start_input_bits")),
        *((name, ctypes.c_int) for name in ("nb_input", "start_input", "nb_registers", "start_registers")),
        ("bits", ctypes.POINTER(ctypes.c_uint8)),
        ("input_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("input_registers", ctypes.POINTER(ctypes.c_uint16)),
        ("registers", ctypes.POINTER(ctypes.c_uint16)),
    )


def library() -> ctypes.CDLL:
    """Load it; OSError where it is not installed."""
    lib = ctypes.CDLL(NAME, use_errno=True)
    lib.modbus_new_tcp.restype = lib.modbus_new_rtu.restype = ctypes.c_void_p
    lib.modbus_mapping_new.restype = ctypes.POINTER(Mapping)
    lib.modbus_new_rtu.argtypes = (ctypes.c_char_p, ctypes.c_int, ctypes.c_char, ctypes.c_int, ctypes.c_int)
    lib.modbus_receive.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
    lib.modbus_reply.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(Mapping))
    for name in ("modbus_set_slave", "modbus_set_socket"):
        getattr(lib, name).argtypes = (ctypes.c_void_p, ctypes.c_int)
    lib.modbus_connect.argtypes = (ctypes.c_void_p,)
    return lib


def memory(lib: ctypes.CDLL) -> "ctypes._Pointer[Mapping]":
    """Fill the four tables."""
    mapping: ctypes._Pointer[Mapping] = lib.modbus_mapping_new(BITS, BITS, REGISTERS, REGISTERS)
    tables = mapping.contents
    for address in range(BITS):
        tables.bits[address] = address % 3 == 0
        tables.input_bits[address] = address % 2 == 0
    for address in range(REGISTERS):
        tables.registers[address] = 1000 + address
        tables.input_registers[address] = 2000 + address
    return mapping


def answer(lib: ctypes.CDLL, context: int, mapping: "ctypes._Pointer[Mapping]", *, for_ever: bool) -> None:
    """Answer one connection until it ends, or a serial line until the process does."""
    request = ctypes.create_string_buffer(260)
    while (length := lib.modbus_receive(context, request)) >= 0 or for_ever:
        if length > 0:
            lib.modbus_reply(context, request, length, mapping)


def main() -> None:
    """Serve."""
    lib = library()
    mapping = memory(lib)
    if sys.argv[1] == "tcp":
        listener = socket.create_server(("127.0.0.1", 0))
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            connection, _ = listener.accept()
            context = lib.modbus_new_tcp(b"127.0.0.1", 0)
            lib.modbus_set_socket(context, connection.fileno())
            answer(lib, context, mapping, for_ever=False)
            connection.close()
    context = lib.modbus_new_rtu(sys.argv[1].encode(), 19200, b"N", 8, 1)
    lib.modbus_set_slave(context, int(sys.argv[2]))
    if lib.modbus_connect(context):
        sys.exit(os.strerror(ctypes.get_errno()))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    answer(lib, context, mapping, for_ever=True)


def end_with_the_test() -> None:
    """End when whoever started this does."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_the_test, daemon=True).start()
    main()

"""Modbus: one unit on a line, over the network or a serial port."""

"""A simulated plant that speaks real Modbus and OPC UA, with faults on demand.

For the demo, training and tests.
"""

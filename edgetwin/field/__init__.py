"""Reads the plant: one file per protocol, all behind the contract in `driver`."""

"""Decides: numbers in, verdicts out. Never reads a clock, a file or a socket; time is an argument."""

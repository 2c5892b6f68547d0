"""Keeps a driver in a process of its own, so that a malformed answer stops one device and no other."""

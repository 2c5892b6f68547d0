"""Tells the world: what leaves the gateway, when it leaves, and over which wire."""

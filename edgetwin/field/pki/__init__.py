"""Certificates: our own, those we trust, and what they say."""

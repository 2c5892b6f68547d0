"""Sensors that publish to a broker, plainly or by Sparkplug B."""

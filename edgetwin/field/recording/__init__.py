"""A recording that is played as a device."""

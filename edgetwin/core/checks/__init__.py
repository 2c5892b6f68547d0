"""The ways in which a sensor can lie, one file each."""

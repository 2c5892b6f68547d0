"""The corrected value of a signal and how far it can be trusted."""

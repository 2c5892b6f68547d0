"""What a number and a text may be at most, whatever the protocol. Pure."""

EXACT = 2**53  # up to here a float64 holds every whole number; beyond, its last digits are lost
LONGEST_TEXT = 4096  # characters; a recipe has some dozens, and each text travels in every message

"""What a verb says when it cannot do what was asked: one line, and the exit code that goes with it."""

import sys


def complain(verb: str, text: str, code: int) -> int:
    """Tell a person what is wrong, and give the code to a script."""
    print(f"edgetwin {verb}: {text}", file=sys.stderr)
    return code

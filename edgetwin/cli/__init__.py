"""The command line: one file per verb."""

# Exit codes beside those of sysexits.h (os.EX_...).
USAGE = 2  # a wrong option: what argparse itself gives
INTERRUPTED = 130  # Ctrl-C: what a shell gives

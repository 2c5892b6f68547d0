"""The plain rules that a plant runs today. We run them beside ours, so that every claim has its baseline."""

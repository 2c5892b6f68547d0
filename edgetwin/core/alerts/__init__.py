"""What an alert is, and when it starts and ends."""

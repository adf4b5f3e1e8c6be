"""What can be said about monitoring without running it: findings in monitors, and monitors in plain words."""

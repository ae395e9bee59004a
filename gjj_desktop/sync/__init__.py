"""What travels between a window and the centre."""

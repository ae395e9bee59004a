"""What can be asked at a window and what follows from it."""

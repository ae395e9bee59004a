"""The encrypted file on the window's disk."""

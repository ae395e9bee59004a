"""Commands of the terminal, one module for each."""

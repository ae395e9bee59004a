"""Papers: one frozen value and one renderer each."""

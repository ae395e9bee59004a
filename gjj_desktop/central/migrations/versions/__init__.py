"""One module for each version of the centre's schema."""

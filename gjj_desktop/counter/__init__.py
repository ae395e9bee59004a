"""Use cases: what people do at a window; all that ui calls."""

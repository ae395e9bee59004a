"""Plain files the program reads: policy tables, style tokens, paper texts, demo town."""

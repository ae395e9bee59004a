"""Pictures of papers: files, scans and photos made into pages of one size and kind, and a camera's live picture."""

"""Controls and editors for the fields of forms."""

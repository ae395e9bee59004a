"""Keys, signatures, sign-in, roles and masking."""

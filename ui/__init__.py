"""What the clerk sees and touches (Qt)."""

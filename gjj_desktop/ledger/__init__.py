"""The chart of accounts and one balanced recipe for each event."""

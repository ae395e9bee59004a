"""The encrypted file on the window's disk: replica, pending work, outbox, drafts, numbers, papers, search."""

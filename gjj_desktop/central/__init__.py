"""The city's side: schema, inbox, posting, feed and administration."""

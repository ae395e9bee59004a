"""What is computed from the policy rows in force on a day."""

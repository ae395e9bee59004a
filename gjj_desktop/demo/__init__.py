"""The demo town: invented people, employers and loans, the same every time."""

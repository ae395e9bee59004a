"""The simulated city: real windows, real posting, a real PostgreSQL; time, lines and misfortunes come from one seed."""

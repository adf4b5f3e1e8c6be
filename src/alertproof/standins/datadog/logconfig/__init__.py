"""How logs are processed, kept and scrubbed: kept and checked as an account does, and not applied to what arrives."""

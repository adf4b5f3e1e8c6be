"""Service level objectives: kept, computed and corrected."""

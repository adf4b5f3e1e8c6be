"""M3CoreCRM's pages as its users name them: every element is found by its role or its label."""

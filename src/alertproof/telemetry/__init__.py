"""What was measured: columnar, and without a vendor's words."""

"""Alert verification: offline tests on a virtual clock, and drills on a running platform."""

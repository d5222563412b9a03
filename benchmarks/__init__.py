"""Measurements and torture: run by hand, beside the tests. How to run and read them: benchmarks/README.md."""

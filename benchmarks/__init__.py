"""Measurements of the product, each a module to run: ``python -m benchmarks.scan --help``."""

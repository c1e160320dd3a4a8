"""How fast isoill is, and beside what: ``python -m benchmarks``; README.rst says how to read the figures."""

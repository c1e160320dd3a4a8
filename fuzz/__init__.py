"""Fuzzing: ``python -m fuzz --help``; README.rst says how to run each kind and how to read a finding."""

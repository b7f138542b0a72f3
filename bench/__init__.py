"""Benchmarks: a peer and Pledge side by side in one run; `python -m bench` runs them all."""

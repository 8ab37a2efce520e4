"""Requests a second of the server, beside a bare WSGI view and a bare Pyramid view.

`python -m benchmarks` (what `make bench` runs) starts all of them and prints one table; what the
figures mean is told in `docs/performance.md`.
"""

"""How fast the server is, beside what the machine can do, and beside another server.

`python -m benchmarks` (what `make bench` runs) starts everything, measures in rounds, prints one
table and draws one picture; what the figures mean is told in `docs/performance.md`.
"""

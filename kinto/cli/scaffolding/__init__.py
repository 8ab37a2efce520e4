"""Templates of `kinto scaffold`; `@name@` and its like are replaced."""

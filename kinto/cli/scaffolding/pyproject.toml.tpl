[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "@distribution@"
version = "0.1.0"
description = "Counts the writes of each collection of a Kinto server."
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["kinto>=26.3.2,<27"]

[project.optional-dependencies]
test = ["pytest", "webtest"]

# What makes `kinto.includes = @slug@` work.
[project.entry-points."kinto.plugins"]
@slug@ = "@module@"

[tool.setuptools]
packages = ["@module@"]

[tool.setuptools.package-data]
"@module@" = ["migrations/*.sql", "py.typed"]

[tool.pytest.ini_options]
testpaths = ["tests"]

"""Packaging of the `kinto` distribution; the version is written here and nowhere else."""

from pathlib import Path

from setuptools import find_packages, setup

VERSION = "26.7.0"
HERE = Path(__file__).parent

REQUIREMENTS = [
    "bcrypt",
    "certifi",
    "colander",
    "cornice>=6.1",
    "cornice-swagger",
    "dockerflow",
    "granian>=2.8,<3",
    "jsonpatch",
    "jsonschema",
    "logging-color-formatter>=1.0.1",
    "platformdirs",
    "pyjwt[crypto]",
    "pyramid>=2,<3",
    "orjson>=3.10",
    "pyramid_multiauth>=1.1",
    "pyramid_tm",
    "python-dateutil",
    "python-multipart",
    "regex",
    "requests",
    # cornice and many plugins import pkg_resources, which setuptools 82 no longer has.
    "setuptools<82",
    "sqlalchemy>=2,<3",
    "transaction",
    "urllib3>=2",
    "waitress",
]
POSTGRESQL = ["psycopg2-binary", "zope.sqlalchemy"]
REDIS = ["redis"]
MEMCACHED = ["pymemcache"]
MONITORING = ["newrelic", "prometheus-client", "sentry-sdk", "statsd", "werkzeug"]
S3 = ["boto3"]
TEST = [
    "aiosmtpd",
    "hypothesis",
    "idpyoidc",
    "kinto-http",
    "openapi-spec-validator",
    "pytest",
    "pytest-randomly",
    "pytest-xdist",
    "schemathesis",
    "webtest",
]
DEV = [*TEST, "import-linter", "mypy", "ruff"]

setup(
    name="kinto",
    version=VERSION,
    description="A JSON storage server with synchronisation, sharing and permissions.",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    keywords="web sync json storage services",
    classifiers=[
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Topic :: Internet :: WWW/HTTP :: WSGI :: Application",
        "Framework :: Pyramid",
        "Typing :: Typed",
    ],
    packages=find_packages(include=["kinto", "kinto.*"]),
    package_data={"": ["*.sql", "*.css", "**/*.sql", "*.tpl", "py.typed", "VERSION", "build/*"]},
    include_package_data=True,
    zip_safe=False,
    python_requires=">=3.11",
    install_requires=REQUIREMENTS,
    extras_require={
        "postgresql": POSTGRESQL,
        "redis": REDIS,
        "memcached": MEMCACHED,
        "monitoring": MONITORING,
        "s3": S3,
        "container": [*POSTGRESQL, *REDIS, *MEMCACHED, *MONITORING, *S3],
        "test": TEST,
        "dev": DEV,
    },
    entry_points={
        "console_scripts": ["kinto = kinto.__main__:main"],
        "paste.app_factory": ["main = kinto:main"],
    },
)

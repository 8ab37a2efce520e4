"""Packaging of the `kinto` distribution."""

from setuptools import find_packages, setup

setup(name="kinto", version="26.7.0", packages=find_packages(include=["kinto", "kinto.*"]))

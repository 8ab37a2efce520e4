"""Addresses that may be called, and all the spellings of those that may not."""

from __future__ import annotations

import pytest

from kinto.core.runtime.addresses import is_callable

PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:1.1.1.1"]
PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "127.0.0.1",
    "127.255.0.9",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "240.0.0.1",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "2001:db8::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::192.168.0.1",
    "2002:0a00:0001::1",
]
NEVER = [
    "0.0.0.0",
    "::",
    "169.254.169.254",
    "169.254.1.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "224.0.0.1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_called(address):
    assert is_callable(address, allow_private=False)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_need_to_be_allowed(address):
    assert not is_callable(address, allow_private=False)
    assert is_callable(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_link_local_metadata_and_group_addresses_are_never_called(address):
    assert not is_callable(address, allow_private=False)
    assert not is_callable(address, allow_private=True)

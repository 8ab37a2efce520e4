"""Which network addresses the server may call on behalf of what somebody configured.

An address is judged by its number, never by the text of a host: names, decimal and hexadecimal
spellings, and IPv4 inside IPv6, all end as one of these numbers.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

_METADATA = frozenset(
    ip_address(text)
    for text in ("169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254")
)
"""Where clouds hand out the credentials of the machine; some lie in public or private ranges."""

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")
_SHARED = IPv4Network("100.64.0.0/10")
_SITE_LOCAL = ip_network("fec0::/10")


def is_callable(address: str, *, allow_private: bool) -> bool:
    """Whether a connection to an address may be opened.

    Args:
        address: an IPv4 or IPv6 address as text, a zone (`%eth0`) included.
        allow_private: also private networks and this machine. Link-local, multicast, unspecified
            and metadata addresses are refused nevertheless.
    """
    found = _innermost(ip_address(address))
    if found in _METADATA or found.is_multicast or found.is_unspecified or found.is_link_local:
        return False
    if allow_private:
        return True
    return (
        found.is_global
        and not found.is_reserved
        and not found.is_loopback
        and found not in _SHARED
        and found not in _SITE_LOCAL
    )


def _innermost(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one leads to, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    low = IPv4Address(int(address) & 0xFFFF_FFFF)
    if any(address in network for network in _NAT64):
        return low
    if address in _COMPATIBLE and int(low) > 1:
        return low
    return IPv6Address(int(address))

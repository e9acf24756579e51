"""Which addresses a parcel may go to: our own table, because the standard library calls multicast, NAT64 and metadata global.

Pure. Addresses are judged, never the text that named them: 127.1, 2130706433 and 0x7f.1 are all one address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


METADATA = _networks(
    "169.254.0.0/16",  # link-local: 169.254.169.254 and its like
    "100.100.100.200/32",  # Alibaba Cloud
    "168.63.129.16/32",  # Azure
    "192.0.0.192/32",  # Oracle
    "fe80::/10",
    "fd00:ec2::254/128",  # Amazon over IPv6
)
"""Where clouds tell their secrets to whoever asks: refused even where an operator allows the network around it."""

SPECIAL = _networks(
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",  # shared address space, RFC 6598
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",  # 6to4 relays, RFC 7526
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "2001::/23",  # Teredo, ORCHID, benchmarking and the rest of RFC 2928
    "2001:db8::/32",
    "2002::/16",  # 6to4 carries an IPv4 address inside
    "2620:4f:8000::/48",
    "3fff::/20",
)
"""IANA's special-purpose registries, as far as they lie within unicast."""

UNICAST_6: Network = ip_network("2000::/3")
"""All that IPv6 has given out to be routed. Outside lie loopback, mapped, NAT64, discard, unique local, SRv6, multicast."""


@dataclass(frozen=True, slots=True)
class Table:
    """*allowed*: networks that an operator opens besides what is public (a government intranet, a test's loopback)."""

    allowed: Sequence[Network] = ()

    def lets(self, text: str) -> bool:
        """Whether a parcel may be handed to *text*, an address as the resolver or the socket gives it."""
        try:
            address = ip_address(text)
        except ValueError:  # a scope (fe80::1%eth0), or no address at all
            return False
        if _within(address, METADATA):
            return False
        return self.opens(address) or _is_public(address)

    def opens(self, address: Address) -> bool:
        """Whether the operator named a network around *address*."""
        return _within(address, self.allowed)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in UNICAST_6:
        return False
    return not _within(address, SPECIAL)


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)

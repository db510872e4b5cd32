"""Where a step may not reach: this host, its network, and what a cloud tells its machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from faber.errors import ConfigurationError

VARIABLE = "FABER_ALLOW_PRIVATE_ADDRESSES"
Address = IPv4Address | IPv6Address

# All that is routed on the public internet lies here; loopback, link-local, local and mapped addresses do not.
_GLOBAL_6 = IPv6Network("2000::/3")
# A gateway that translates to IPv4 stands behind it: RFC 6052.
_NAT64 = IPv6Network("64:ff9b::/96")
# Tunnels to an IPv4 address that is written inside (Teredo, 6to4), benchmarks, documentation, SRv6.
_NOT_GLOBAL_6 = [IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
_NOT_GLOBAL_4 = [
    IPv4Network(net)
    for net in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # Azure answers its machines here, of all public addresses.
        "168.63.129.16/32",
    )
]


def is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in net for net in _NOT_GLOBAL_4)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in _GLOBAL_6 and not any(address in net for net in _NOT_GLOBAL_6)


@dataclass(frozen=True)
class Exceptions:
    """What is allowed though it is not public: names with or without a port, and networks."""

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Exceptions:
        """`localhost:8080, build.internal, 10.1.0.0/16, [::1]:80`. Errors: ConfigurationError."""
        hosts: set[tuple[str, int | None]] = set()
        networks = []
        for written in environment.get(VARIABLE, "").split(","):
            entry = written.strip().lower()
            try:
                networks += [ip_network(entry.strip("[]"))] if entry else []
            except ValueError:
                hosts.add(_host(entry))
        return cls(frozenset(hosts), tuple(networks))

    def allow(self, host: str, port: int, address: Address) -> bool:
        names = {host.lower().rstrip("."), str(address)}
        return any((name, at) in self.hosts for name in names for at in (port, None)) or any(
            address in network for network in self.networks
        )


def _host(entry: str) -> tuple[str, int | None]:
    host, colon, port = entry.rpartition(":") if not entry.endswith("]") else (entry, "", "")
    if not colon:
        host, port = entry, ""
    refused = not host or "/" in entry or " " in entry or (":" in host and not host.startswith("["))
    if refused or (colon and not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536)):
        raise ConfigurationError(
            f"{VARIABLE} has {entry!r}: write host, host:port, or a network such as 10.1.0.0/16, with commas between"
        )
    return host.strip("[]"), int(port) if port else None


def address_of(text: str) -> Address | None:
    """None for what is no address: a name. An address of a zone (`fe80::1%eth0`) is one."""
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address

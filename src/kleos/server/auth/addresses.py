"""Where a request comes from: the peer of the socket, or, behind a proxy that is trusted, whom it names."""

import ipaddress
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

UNKNOWN: Final = "local"
"""A peer without an address: the other end of a Unix socket."""
_FORWARDED_FOR: Final = b"x-forwarded-for"
_MOST_HOPS: Final = 32


def parse_networks(text: str) -> tuple[Network, ...]:
    """From `10.0.0.0/8, ::1`. Raises ValueError."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


class Addresses:
    """Reads addresses. ``trusted`` are the networks of proxies whose `X-Forwarded-For` counts."""

    def __init__(self, trusted: Iterable[Network] = ()) -> None:
        self._trusted = tuple(trusted)
        self.is_trusted = lru_cache(maxsize=4096)(self._is_trusted)

    def of(self, scope: Mapping[str, Any]) -> str:
        """As a limit counts it: an IPv4 address, or the first 64 bits of an IPv6 one."""
        client = scope.get("client")
        peer: str = client[0] if client else UNKNOWN
        if self._trusted and self.is_trusted(peer):
            peer = self._forwarded(scope, peer)
        return _counted(peer) if ":" in peer else peer

    def of_peer(self, peer: str) -> str | None:
        """The same for a connection that has sent nothing yet; None for a proxy that is trusted."""
        if self._trusted and self.is_trusted(peer):
            return None
        return _counted(peer) if ":" in peer else peer

    def _forwarded(self, scope: Mapping[str, Any], peer: str) -> str:
        """The last one named that is no trusted proxy: what stands before it anybody can have written."""
        named = b",".join(value for name, value in scope["headers"] if name == _FORWARDED_FOR)
        hops = [hop.strip() for hop in named.decode("latin-1").split(",") if hop.strip()][-_MOST_HOPS:]
        for hop in reversed(hops):
            if not _is_address(hop):
                return peer
            peer = hop
            if not self.is_trusted(hop):
                return hop
        return peer

    def _is_trusted(self, peer: str) -> bool:
        if not _is_address(peer):
            return False
        address = ipaddress.ip_address(peer)
        return any(address.version == network.version and address in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def _counted(peer: str) -> str:
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return peer

"""What can go wrong between a client and its server."""

from collections.abc import Mapping
from typing import Any


class KleosClientError(Exception):
    """The base of every error that the client raises."""


class KleosConnectionError(KleosClientError):
    """The server could not be reached, or went away before it had answered, and trying again did not help."""


class KleosAPIError(KleosClientError):
    """The server refused the request.

    ``status`` is the HTTP status, ``title`` and ``detail`` are the problem's (RFC 9457), ``problem`` the
    whole of it.
    """

    def __init__(self, status: int, title: str, detail: str, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {title}: {detail}" if detail else f"{status} {title}")
        self.status = status
        self.title = title
        self.detail = detail
        self.problem = problem


class RecorderClosed(KleosClientError):
    """The recorder was closed, is not open yet, or was opened by another process before a fork."""


class SpoolFull(KleosClientError):
    """An event was not recorded: the spool, or the memory in front of it, holds as much as it may."""


class SpoolError(KleosClientError):
    """The folder of a spool cannot be used."""


class SpoolInUse(SpoolError):
    """Another recorder, of this process or another one, has the spool open."""

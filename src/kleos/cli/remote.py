"""Asking a server: where it is, with which key, and its answers as they come."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote

import msgspec
from cyclopts import Parameter

from kleos.cli.output import Failed
from kleos.client import Kleos
from kleos.client.calls import Call
from kleos.client.errors import KleosConnectionError
from kleos.client.retry import RetryPolicy

USUAL_URL: Final = "http://127.0.0.1:8000"
IMPATIENCE: Final = RetryPolicy(attempts=3)

Value = TypeVar("Value")

Url = Annotated[str, Parameter(name="--url", env_var="KLEOS_URL", show_env_var=True, help="Where the server is.")]
Key = Annotated[
    str | None, Parameter(name="--key", env_var="KLEOS_KEY", show_env_var=True, help="The key for writing.")
]


class Remote(Kleos):
    """A server, asked by the client's own calls; answers are left as the server gave them, for `--json`."""

    def __init__(self, url: str, key: str | None = None, timeout_s: float = 30.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise Failed(f"kleos: --url {url}: must begin with http:// or https://")
        self.url = url
        super().__init__(url, key or None, timeout_s=timeout_s, retry=IMPATIENCE)

    def ask(self, call: Call[Any]) -> Any:
        """Raises KleosAPIError where the server refuses, Failed where none answers."""
        try:
            return self._call(replace(call, answer=object))
        except KleosConnectionError as error:
            raise no_answer(self.url, error) from None


def no_answer(url: str, error: KleosConnectionError) -> Failed:
    """What to tell when the server could not be reached."""
    return Failed(f"kleos: no answer from {url} ({error.__cause__ or error}); is a server running there? kleos serve")


def path(*segments: str) -> str:
    return "/v1/" + "/".join(quote(segment, safe="") for segment in segments)


def get(*segments: str, params: Mapping[str, str | None] | None = None) -> Call[Any]:
    """A call that reads; what is None in ``params`` is left out."""
    return Call("GET", path(*segments), object, _given(params or {}))


def writing(method: str, *segments: str, body: Mapping[str, Any]) -> Call[Any]:
    """A call that writes; what is None in ``body`` is left out."""
    return Call(method, path(*segments), object, {}, msgspec.json.encode(_given(body)))


def _given(values: Mapping[str, Value | None]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}

"""What both clients do with a response or a failure: read it, give up, or wait and try again."""

from random import Random
from typing import TypeVar

import httpx
import msgspec

from kleos.client.calls import Call
from kleos.client.errors import KleosAPIError, KleosClientError, KleosConnectionError
from kleos.client.retry import RETRIED_STATUSES, RetryPolicy

T = TypeVar("T")
RETRIED_FAILURES = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Exchange:
    """How one server is spoken to: headers, decoding and the retry policy, without any I/O."""

    def __init__(self, key: str | None, retry: RetryPolicy, rng: Random) -> None:
        self.headers = {"Accept": "application/json"}
        if key is not None:
            self.headers["Authorization"] = f"Bearer {key}"
        self._retry = retry
        self._rng = rng

    def request_headers(self, call: Call[T]) -> dict[str, str]:
        return {"Content-Type": "application/json"} if call.body is not None else {}

    def read(self, call: Call[T], response: httpx.Response) -> T:
        """The answer, typed; raises KleosAPIError where the server refused."""
        if response.is_success:
            try:
                return msgspec.json.decode(response.content or b"null", type=call.answer)
            except msgspec.DecodeError as error:
                raise KleosClientError(f"{call.method} {call.path} answered something else: {error}") from error
        raise _refusal(response)

    def wait_after_response_s(self, attempt: int, call: Call[T], response: httpx.Response) -> float | None:
        """Seconds until the next attempt, or None when the response is final."""
        if response.status_code not in RETRIED_STATUSES or not call.repeatable:
            return None
        return self._retry.wait_s(attempt, response.headers.get("Retry-After"), self._rng)

    def wait_after_failure_s(self, attempt: int, call: Call[T], failure: httpx.TransportError) -> float:
        """Seconds until the next attempt; raises KleosConnectionError when there is none."""
        retried = RETRIED_FAILURES if call.repeatable else UNSENT
        wait_s = self._retry.wait_s(attempt, None, self._rng) if isinstance(failure, retried) else None
        if wait_s is None:
            reason = str(failure) or type(failure).__name__
            raise KleosConnectionError(f"{call.method} {call.path} failed {attempt} times: {reason}") from failure
        return wait_s


def _refusal(response: httpx.Response) -> KleosAPIError:
    """The error of a response: a problem document where it is one, else its status and text."""
    try:
        problem = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        problem = None
    if not isinstance(problem, dict):
        problem = {"detail": response.text[:500]}
    title = str(problem.get("title") or response.reason_phrase)
    return KleosAPIError(response.status_code, title, str(problem.get("detail") or ""), problem)

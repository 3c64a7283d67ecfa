from collections.abc import Iterator

import pytest

from tests.client.kleos_server import KleosServer
from tests.client.recording_server import RecordingServer, serve


@pytest.fixture(scope="session")
def running_server() -> Iterator[RecordingServer]:
    with serve() as recording:
        yield recording


@pytest.fixture
def server(running_server: RecordingServer) -> RecordingServer:
    running_server.forget()
    return running_server


@pytest.fixture
def kleos_server(database_url: str) -> Iterator[KleosServer]:
    """A running Kleos, over a database of the test's own."""
    started = KleosServer(database_url)
    started.start()
    yield started
    started.stop()

from collections.abc import Iterator

import pytest

from tests.client.recording_server import RecordingServer, serve


@pytest.fixture(scope="session")
def running_server() -> Iterator[RecordingServer]:
    with serve() as recording:
        yield recording


@pytest.fixture
def server(running_server: RecordingServer) -> RecordingServer:
    running_server.forget()
    return running_server

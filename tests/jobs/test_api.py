"""/v1/jobs and `kleos jobs` over a server that runs jobs inside, and over one that does not."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from kleos.cli.app import run
from kleos.engine.engine import Engine
from kleos.jobs.worker import WorkerSettings
from kleos.server.app import create_app
from kleos.server.serving import listen, running
from kleos.store.database import Database

KEY = "kleos_the-key-of-these-tests"
HEADERS = {"Authorization": f"Bearer {KEY}"}


@asynccontextmanager
async def serving(database: Database, worker: WorkerSettings | None) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(lambda: Engine.open(database), KEY, worker=worker)
    async with (
        running(app, listen("127.0.0.1", 0)) as url,
        httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=30) as http,
    ):
        yield http


async def test_a_job_is_asked_for_watched_and_repeated(database: Database) -> None:
    async with serving(database, WorkerSettings()) as http:
        asked = await http.post("/v1/games/golf/jobs", json={"kind": "rebuild", "sheets": ["career"]})
        assert asked.status_code == 202
        id = asked.json()["id"]
        async with asyncio.timeout(60):
            while (job := (await http.get(f"/v1/jobs/{id}")).json())["state"] != "succeeded":
                assert job["state"] in ("waiting", "running"), job
        assert (job["kind"], job["game"], job["actor"], job["attempts"]) == ("rebuild", "golf", "admin", 1)
        assert job["result"]["sheets"] == ["career"]
        assert (await http.post(f"/v1/jobs/{id}/cancel")).status_code == 409
        again = await http.post(f"/v1/jobs/{id}/retry")
        assert again.status_code == 202
        assert again.json()["arguments"] == {"sheets": ["career"]}
        listed = (await http.get("/v1/jobs", params={"game": "golf", "limit": 1})).json()
        assert [each["id"] for each in listed["jobs"]] == [again.json()["id"]]
        assert listed["next"] == again.json()["id"]
        audited = (await http.get("/v1/audit", params={"action": "job."})).json()
        assert {each["action"] for each in audited["entries"]} == {"job.rebuild", "job.retried"}


async def test_without_a_worker_jobs_wait_and_everybody_is_told(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(database, None) as http:
        id = (await http.post("/v1/games/golf/jobs", json={"kind": "verify"})).json()["id"]
        page = (await http.get("/v1/jobs", params={"status": "waiting"})).json()
        assert ([job["id"] for job in page["jobs"]], page["workers"]) == ([id], 0)
        url = ("--url", str(http.base_url).rstrip("/"), "--key", KEY)
        assert await asyncio.to_thread(run, ["jobs", "list", *url]) == 0
        said = capsys.readouterr().out
        assert "golf" in said
        assert "nobody runs jobs now" in said
        assert await asyncio.to_thread(run, ["jobs", "cancel", str(id), *url, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["state"] == "cancelled"
        assert await asyncio.to_thread(run, ["jobs", "cancel", str(id), *url]) == 1
        assert "has ended" in capsys.readouterr().err


async def test_the_command_line_waits_for_the_end(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(database, WorkerSettings()) as http:
        url = ("--url", str(http.base_url).rstrip("/"), "--key", KEY)
        assert await asyncio.to_thread(run, ["jobs", "start", "verify", "golf", "--wait", *url, "--json"]) == 0
        job = json.loads(capsys.readouterr().out)
        assert (job["state"], job["result"]["different"]) == ("succeeded", 0)
        assert await asyncio.to_thread(run, ["jobs", "show", str(job["id"]), *url]) == 0
        assert f"Job {job['id']}: verify of golf, succeeded" in capsys.readouterr().out
        assert await asyncio.to_thread(run, ["jobs", "retry", str(job["id"]), "--wait", *url]) == 0
        assert "succeeded" in capsys.readouterr().out


@pytest.mark.parametrize(
    "method, path, body, status",
    [
        ("GET", "/v1/jobs/99", None, 404),
        ("POST", "/v1/jobs/99/cancel", None, 404),
        ("POST", "/v1/jobs/99/retry", None, 404),
        ("GET", "/v1/jobs/0", None, 400),
        ("GET", "/v1/jobs?status=processing", None, 400),
        ("POST", "/v1/games/chess/jobs", {"kind": "verify"}, 404),
        ("POST", "/v1/games/golf/jobs", {"kind": "schedule"}, 400),
        ("POST", "/v1/games/golf/jobs", {"kind": "verify", "sheets": ["career"]}, 400),
        ("POST", "/v1/games/golf/jobs", {"kind": "rebuild", "sheets": ["carer"]}, 404),
    ],
)
async def test_what_cannot_be(database: Database, method: str, path: str, body: object, status: int) -> None:
    async with serving(database, None) as http:
        answer = await http.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        assert answer.json()["detail"]


async def test_a_key_sees_the_jobs_of_its_games_only(database: Database) -> None:
    async with serving(database, None) as http:
        ids = {
            game: (await http.post(f"/v1/games/{game}/jobs", json={"kind": "verify"})).json()["id"]
            for game in ("golf", "arcade")
        }
        made = await http.post("/v1/keys", json={"label": "golf", "games": ["golf"], "scopes": ["manage"]})
        theirs = {"Authorization": f"Bearer {made.json()['key']}"}
        page = (await http.get("/v1/jobs", headers=theirs)).json()
        assert [job["id"] for job in page["jobs"]] == [ids["golf"]]
        assert (await http.get("/v1/jobs", params={"game": "arcade"}, headers=theirs)).status_code == 403
        assert (await http.get(f"/v1/jobs/{ids['arcade']}", headers=theirs)).status_code == 404
        assert (await http.post(f"/v1/jobs/{ids['arcade']}/cancel", headers=theirs)).status_code == 404
        assert (await http.post("/v1/games/arcade/jobs", json={"kind": "verify"}, headers=theirs)).status_code == 403
        assert (await http.get("/v1/jobs", headers={"Authorization": ""})).status_code == 401


async def test_metrics_tell_of_jobs_and_of_what_verifying_found(database: Database) -> None:
    async with serving(database, WorkerSettings()) as http:
        id = (await http.post("/v1/games/golf/jobs", json={"kind": "verify"})).json()["id"]
        async with asyncio.timeout(60):
            while (await http.get(f"/v1/jobs/{id}")).json()["state"] != "succeeded":
                await asyncio.sleep(0.05)
        text = (await http.get("/metrics")).text
    assert 'kleos_jobs{kind="verify",state="succeeded"} 1.0' in text
    assert 'kleos_verified_differences{game="golf"} 0.0' in text
    assert 'kleos_verified_timestamp_seconds{game="arcade"} 0.0' in text
    assert "kleos_workers 1.0" in text

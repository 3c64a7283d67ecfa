"""`kleos jobs`: what a server does beside serving: listing, watching, asking for, ending and repeating."""

import time
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from cyclopts import App, Parameter, validators
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kleos.cli.output import AsJson, errors, print_json, print_table, say, shown_time
from kleos.cli.remote import USUAL_URL, Key, Remote, Url, get, writing
from kleos.jobs.kinds import ENDED, Kind, State

app = App(name="jobs", help="List, watch, start, cancel and repeat jobs: rebuilds, verifying, changes of definitions.")

_LOOKS_EVERY_S: Final = 0.5
Startable = Literal["rebuild", "verify", "archive", "retention"]

Wait = Annotated[
    bool, Parameter(name="--wait", negative="", show_default=False, help="Show how far it is, until it has ended.")
]


@app.command(name="list")
def list_(
    *,
    status: Annotated[State | None, Parameter(help="Only those in this state.")] = None,
    game: Annotated[str | None, Parameter(help="Only this game.")] = None,
    kind: Annotated[Kind | None, Parameter(help="Only this kind.")] = None,
    limit: Annotated[int, Parameter(help="How many.", validator=validators.Number(gte=1, lte=1000))] = 20,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first.

    For example:

        kleos jobs list

        kleos jobs list --status failed --game golf --json
    """
    given = {"status": status, "game": game, "kind": kind, "limit": str(limit)}
    with Remote(url, key) as remote:
        answer = remote.ask(get("jobs", params=given))
    if as_json:
        print_json(answer)
        return
    if not answer["jobs"]:
        say("there are no such jobs")
    else:
        columns = [("Id", True), *((name, False) for name in ("Kind", "Game", "State", "Made", "Took", ""))]
        print_table("Jobs", columns, [_row(each) for each in answer["jobs"]])
    if not answer["workers"]:
        say("nobody runs jobs now: start `kleos worker`, or set KLEOS_JOBS=server")


@app.command
def show(id: int, /, *, wait: Wait = False, url: Url = USUAL_URL, key: Key = None, as_json: AsJson = False) -> int:
    """Show one job, and with `--wait` how far it is, until it has ended. Exits with 1 where it failed.

    For example:

        kleos jobs show 12 --wait
    """
    with Remote(url, key) as remote:
        return tell_job(remote, remote.ask(get("jobs", str(id))), wait, as_json)


@app.command
def start(
    kind: Startable,
    game: str,
    /,
    *,
    sheet: Annotated[list[str] | None, Parameter(negative=(), help="A sheet to rebuild; else all.")] = None,
    wait: Wait = False,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Ask a server for a job: `rebuild` folds sheets and awards anew from the log, `verify` compares them with it.

    For example:

        kleos jobs start rebuild golf --wait

        kleos jobs start rebuild golf --sheet career

        kleos jobs start verify golf --wait
    """
    body = {"kind": kind, "sheets": sheet or None}
    with Remote(url, key) as remote:
        return tell_job(remote, remote.ask(writing("POST", "games", game, "jobs", body=body)), wait, as_json)


@app.command
def cancel(id: int, /, *, url: Url = USUAL_URL, key: Key = None, as_json: AsJson = False) -> int:
    """Cancel a job that waits or runs. What it had begun is not seen.

    For example:

        kleos jobs cancel 12
    """
    with Remote(url, key) as remote:
        return tell_job(remote, remote.ask(writing("POST", "jobs", str(id), "cancel", body={})), False, as_json)


@app.command
def retry(id: int, /, *, wait: Wait = False, url: Url = USUAL_URL, key: Key = None, as_json: AsJson = False) -> int:
    """Do once more, as a new job, what a job that has ended did.

    For example:

        kleos jobs retry 12 --wait
    """
    with Remote(url, key) as remote:
        return tell_job(remote, remote.ask(writing("POST", "jobs", str(id), "retry", body={})), wait, as_json)


def tell_job(remote: Remote, job: dict[str, Any], wait: bool, as_json: bool) -> int:
    """Prints a job, if wanted when it has ended; answers the exit code."""
    if wait:
        job = _awaited(remote, job)
    if as_json:
        print_json(job)
    else:
        _print(job)
    return 1 if job["state"] == "failed" or (wait and job["state"] != "succeeded") else 0


def _awaited(remote: Remote, job: dict[str, Any]) -> dict[str, Any]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, TimeElapsedColumn(), console=errors, transient=True, disable=not errors.is_terminal)
    with bar:
        task = bar.add_task(job["state"], total=None)
        while job["state"] not in ENDED:
            progress = job["progress"]
            doing = progress["phase"] if job["state"] == "running" and progress["phase"] else job["state"]
            bar.update(task, description=doing, completed=progress["done"], total=progress["total"] or None)
            time.sleep(_LOOKS_EVERY_S)
            job = remote.ask(get("jobs", str(job["id"])))
    return job


def _print(job: dict[str, Any]) -> None:
    about = f" of {job['game']}" if job["game"] else ""
    say(f"Job {job['id']}: {job['kind']}{about}, {_state(job)}")
    if job["state"] == "running" and job["progress"]["phase"]:
        say(f"  {_progress(job)}")
    for name in ("made_at", "started_at", "ended_at"):
        if job[name]:
            say(f"  {name.removesuffix('_at')}: {shown_time(job[name])} UTC")
    if job["actor"]:
        say(f"  asked by: {job['actor']}")
    if job["attempts"] > 1:
        say(f"  begun: {job['attempts']} times")
    for name, value in (job["result"] or {}).items() if isinstance(job["result"], dict) else ():
        if value not in (None, [], {}):
            say(f"  {name}: {value}")
    if job["error"]:
        say(f"  error: {job['error']}")


def _row(job: dict[str, Any]) -> list[str]:
    what = job["error"] or (_progress(job) if job["state"] == "running" else "")
    game = job["game"] or ""
    return [str(job["id"]), job["kind"], game, _state(job), shown_time(job["made_at"]), _took(job), what]


def _state(job: dict[str, Any]) -> str:
    return "cancelling" if job["cancelling"] else str(job["state"])


def _progress(job: dict[str, Any]) -> str:
    progress = job["progress"]
    if not progress["total"]:
        return progress["phase"] or ""
    return f"{progress['phase']}: {progress['done']:,} of {progress['total']:,}"


def _took(job: dict[str, Any]) -> str:
    if not (job["started_at"] and job["ended_at"]):
        return ""
    return (
        f"{(datetime.fromisoformat(job['ended_at']) - datetime.fromisoformat(job['started_at'])).total_seconds():.1f} s"
    )

"""`kleos rebuild` and `kleos archive`: a game's sheets folded anew; its log sealed into files, and what lies there."""

from typing import Annotated, Any

from cyclopts import Parameter

from kleos.cli.jobs import tell_job
from kleos.cli.output import AsJson, print_json, print_table, say, shown_time
from kleos.cli.remote import USUAL_URL, Key, Remote, Url, get, writing


def rebuild(
    game: str,
    /,
    *,
    sheet: Annotated[list[str] | None, Parameter(negative=(), help="A sheet to rebuild; else all, and awards.")] = None,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Fold a game's sheets and awards anew from its log, while it takes events, and swap them in.

    It is a job of the server's: it goes on where this command is ended, and `kleos jobs` shows it.

    For example:

        kleos rebuild golf

        kleos rebuild golf --sheet career
    """
    body = {"sheets": sheet or None}
    with Remote(url, key) as remote:
        job = remote.ask(writing("POST", "games", game, "rebuild", body=body))
        return tell_job(remote, job, True, as_json)


def archive(
    game: str,
    /,
    *,
    list_: Annotated[
        bool, Parameter(name="--list", negative="", show_default=False, help="Show what is archived; seal nothing.")
    ] = False,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Seal what a game's log holds now into Parquet files, and let go of what is older than its retention.

    For example:

        kleos archive golf

        kleos archive golf --list
    """
    with Remote(url, key) as remote:
        if not list_:
            body = {"kind": "archive", "sheets": None}
            return tell_job(remote, remote.ask(writing("POST", "games", game, "jobs", body=body)), True, as_json)
        answer = remote.ask(get("games", game, "archive"))
    if as_json:
        print_json(answer)
    elif not answer["spans"]:
        say(f"nothing of {game} is archived")
    else:
        columns = [("Up to", True), ("Events", True), ("Files", True), ("MB", True), ("Sealed", False), ("", False)]
        print_table(f"Archive of {game} in {answer['location']}", columns, [_row(span) for span in answer["spans"]])
    return 0


def _row(span: dict[str, Any]) -> list[str]:
    size = f"{span['size_bytes'] / 1_000_000:,.1f}"
    where = "in files alone" if span["removed_at"] else ""
    counts = (f"{span['last_seq']:,}", f"{span['events']:,}", f"{span['files']:,}", size)
    return [*counts, shown_time(span["sealed_at"]), where]

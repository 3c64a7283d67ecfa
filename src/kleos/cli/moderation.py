"""`kleos void`, `ban`, `unban`, `merge`, `quarantine`, `corrections`: putting right what should not count."""

from typing import Annotated, Any

from cyclopts import App, Parameter

from kleos.cli.effects import tell_effect
from kleos.cli.output import AsJson, Failed, print_json, print_table, say, shown_time
from kleos.cli.remote import USUAL_URL, Key, Remote, Url, get, writing
from kleos.cli.seasons import moment
from kleos.client.calls import Call

quarantine = App(name="quarantine", help="Look at events that failed a check, and accept or refuse them.")
corrections = App(name="corrections", help="List what was corrected, and undo it.")

Reason = Annotated[str, Parameter(help="Why; kept with it.")]
DryRun = Annotated[bool, Parameter(name="--dry-run", negative=(), help="Only show what would change.")]
Limit = Annotated[int, Parameter(help="At most this many.")]


def void(
    game: str,
    /,
    *,
    reason: Reason,
    event: Annotated[str | None, Parameter(help="One event, by its id; with --match it is found sooner.")] = None,
    match: Annotated[str | None, Parameter(help="A match, and what comes of it later.")] = None,
    player: Annotated[str | None, Parameter(help="All matches of a player.")] = None,
    since: Annotated[str | None, Parameter(name="--from", help="With --player: from this time on.")] = None,
    until: Annotated[str | None, Parameter(name="--to", help="With --player: up to this time.")] = None,
    dry_run: DryRun = False,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Let an event, a match, or a player's matches no longer count. They stay in the log, and it can be undone.

    For example:

        kleos void golf --match m-17 --reason "played by a script" --dry-run
        kleos void golf --player ann --from 2026-02-01 --to 2026-02-08 --reason "a shared account"
    """
    body = {
        "kind": "void",
        "reason": reason,
        "event": event,
        "match": match,
        "player": player,
        "from": None if since is None else moment(since),
        "to": None if until is None else moment(until),
    }
    _correct(url, key, as_json, writing("POST", "games", game, "corrections", body=body), dry_run)


def ban(
    player: str,
    /,
    *,
    reason: Reason,
    game: Annotated[str | None, Parameter(help="Only in this game; else everywhere.")] = None,
    dry_run: DryRun = False,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Take a player off every board and count. What they did stays, and counts again after `kleos unban`.

    For example:

        kleos ban ann --game golf --reason "played by a script"
    """
    if game is None:
        call = writing("POST", "players", player, "ban", body={"reason": reason})
    else:
        body = {"kind": "ban", "player": player, "reason": reason}
        call = writing("POST", "games", game, "corrections", body=body)
    _correct(url, key, as_json, call, dry_run)


def unban(
    player: str,
    /,
    *,
    reason: Reason,
    game: Annotated[str | None, Parameter(help="The ban in this game; else that from all.")] = None,
    dry_run: DryRun = False,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """End a ban: the player stands where the facts say.

    For example:

        kleos unban ann --game golf --reason "it was her brother"
    """
    given = {"reason": reason} | ({} if game is None else {"game": game})
    call: Call[Any] = Call("DELETE", get("players", player, "ban").path, object, given)
    _correct(url, key, as_json, call, dry_run)


def merge(
    game: str,
    player: str,
    into: str,
    /,
    *,
    reason: Reason,
    dry_run: DryRun = False,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Let a player count as another, in every game that shares them with this one. The other's profile stands.

    For example:

        kleos merge golf ann_old ann --reason "lost her account" --dry-run
    """
    body = {"kind": "merge", "player": player, "into": into, "reason": reason}
    _correct(url, key, as_json, writing("POST", "games", game, "corrections", body=body), dry_run)


@quarantine.command(name="list")
def list_(
    game: str,
    /,
    *,
    status: Annotated[str | None, Parameter(help="waiting, accepted or refused; else all.")] = None,
    reason: Annotated[str | None, Parameter(help="Only those of this reason.")] = None,
    limit: Limit = 50,
    offset: Annotated[int, Parameter(help="Skip this many.")] = 0,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """List events that failed a check, the newest first.

    For example:

        kleos quarantine list golf --status waiting
    """
    given = {"status": status, "reason": reason, "limit": str(limit), "offset": str(offset)}
    with Remote(url, key) as remote:
        answer = remote.ask(get("games", game, "quarantine", params=given))
    if as_json:
        print_json(answer)
    elif not answer["events"]:
        say("nothing is in quarantine")
    else:
        columns = [("Number", True), *((name, False) for name in ("Type", "Match", "At", "Reason", "Status"))]
        rows = [
            (str(each["seq"]), each["type"], each["match"], shown_time(each["at"]), each["reason"], each["status"])
            for each in answer["events"]
        ]
        print_table(f"Quarantine of {game}: {answer['total']}", columns, rows)


@quarantine.command
def accept(
    game: str,
    number: int,
    /,
    *,
    reason: Reason,
    dry_run: DryRun = False,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Accept an event, by its number in `kleos quarantine list`: it counts as if it had never been doubted.

    For example:

        kleos quarantine accept golf 4 --reason "the replay shows it" --dry-run
    """
    call = writing("POST", "games", game, "quarantine", str(number), "accept", body={"reason": reason})
    _correct(url, key, as_json, call, dry_run)


@quarantine.command
def refuse(
    game: str,
    number: int,
    /,
    *,
    reason: Reason,
    dry_run: DryRun = False,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Refuse an event: it stays where it is, and waits no more.

    For example:

        kleos quarantine refuse golf 4 --reason "impossible"
    """
    call = writing("POST", "games", game, "quarantine", str(number), "refuse", body={"reason": reason})
    _correct(url, key, as_json, call, dry_run)


@corrections.command(name="list")
def list_corrections(
    game: str,
    /,
    *,
    kind: Annotated[str | None, Parameter(help="void, ban, merge, accept or refuse; else all.")] = None,
    player: Annotated[str | None, Parameter(help="Only those that name this player.")] = None,
    limit: Limit = 50,
    offset: Annotated[int, Parameter(help="Skip this many.")] = 0,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """List what was corrected in a game, the newest first.

    For example:

        kleos corrections list golf --kind void
    """
    given = {"kind": kind, "player": player, "limit": str(limit), "offset": str(offset)}
    with Remote(url, key) as remote:
        answer = remote.ask(get("games", game, "corrections", params=given))
    if as_json:
        print_json(answer)
    elif not answer["corrections"]:
        say(f"nothing was corrected in {game}")
    else:
        columns = [("Number", True), *((name, False) for name in ("What", "By", "When", "Why", ""))]
        print_table(f"Corrections of {game}: {answer['total']}", columns, [_row(one) for one in answer["corrections"]])


@corrections.command
def undo(
    game: str,
    number: int,
    /,
    *,
    reason: Reason,
    dry_run: DryRun = False,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Undo a correction, by its number: everything is as if it had never been made.

    For example:

        kleos corrections undo golf 217 --reason "the wrong match"
    """
    call = writing("POST", "games", game, "corrections", str(number), "undo", body={"reason": reason})
    _correct(url, key, as_json, call, dry_run)


def _correct(url: str, key: str | None, as_json: bool, call: Call[Any], dry_run: bool) -> None:
    if not key:
        raise Failed("kleos: a correction needs a key: --key or KLEOS_KEY")
    params = {**call.params, "dry_run": "true"} if dry_run else call.params
    with Remote(url, key) as remote:
        answer = remote.ask(Call(call.method, call.path, object, params, call.body, repeatable=dry_run))
    if as_json:
        print_json(answer)
        return
    made = answer["correction"]
    say(
        "Nothing is changed; this is what would be:"
        if made is None
        else f"Correction {made['correction']}: {_what(made)}"
    )
    for effect in answer["effects"]:
        tell_effect(effect)


def _row(correction: dict[str, Any]) -> tuple[str, ...]:
    undone = correction["undone"]
    state = f"undone by {undone['by']}: {undone['reason']}" if undone else ""
    number, at = str(correction["correction"]), shown_time(correction["at"])
    return number, _what(correction), correction["actor"], at, correction["reason"], state


def _what(correction: dict[str, Any]) -> str:
    kind, subject = correction["kind"], correction["subject"]
    if kind == "merge":
        return f"{subject['player']} counts as {subject['into']}"
    if kind == "ban":
        return f"{subject['player']} is banned" + ("" if correction["game"] else " everywhere")
    if kind in ("accept", "refuse"):
        return f"event {subject['event']} is {'accepted' if kind == 'accept' else 'refused'}"
    if "event" in subject:
        return f"event {subject['event']} is void"
    if "match" in subject:
        return f"match {subject['match']} is void"
    return f"{subject.get('matches_total', 0)} matches of {subject['player']} are void"

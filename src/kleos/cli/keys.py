"""`kleos keys`: making, listing and revoking the keys of game servers."""

from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from kleos.cli.output import AsJson, print_json, print_table, say, shown_time
from kleos.cli.remote import USUAL_URL, Key, Remote, Url, get, path
from kleos.client.calls import Call
from kleos.server.auth.caller import Scope

app = App(name="keys", help="List, make and revoke the API keys of game servers.")


@app.command(name="list")
def list_(*, url: Url = USUAL_URL, key: Key = None, as_json: AsJson = False) -> None:
    """List all keys, with when each was last used; never the keys themselves.

    For example:

        kleos keys list
    """
    with Remote(url, key) as remote:
        answer = remote.ask(get("keys"))
    if as_json:
        print_json(answer)
    elif not answer["keys"]:
        say("there are no keys but the admin's")
    else:
        columns = [(name, False) for name in ("Id", "Label", "Games", "Scopes", "Last used", "")]
        print_table("Keys", columns, [_row(each) for each in answer["keys"]])


@app.command
def make(
    label: str,
    /,
    *,
    game: Annotated[list[str] | None, Parameter(negative=(), help="A game that it is for; else all.")] = None,
    scope: Annotated[list[Scope] | None, Parameter(negative=(), help="What it may do.")] = None,
    per_minute: Annotated[int | None, Parameter(help="Requests a minute at most, instead of the usual limit.")] = None,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Make a key, and print it: this is the only time that it is shown. Without `--scope` it may send events.

    For example:

        kleos keys make "golf, west" --game golf --scope events:write --scope awards:write
    """
    body = {"label": label, "games": game or None, "scopes": scope or ["events:write"], "per_minute": per_minute}
    with Remote(url, key) as remote:
        made: Any = remote.ask(Call("POST", path("keys"), object, {}, msgspec.json.encode(body)))
    if as_json:
        print_json(made)
    else:
        say(f"Key {made['id']}, shown this once: {made['key']}")


@app.command
def revoke(id: str, /, *, url: Url = USUAL_URL, key: Key = None, as_json: AsJson = False) -> None:
    """Revoke a key, by its id in `kleos keys list`. From then on it is worth nothing.

    For example:

        kleos keys revoke 5f3a9c2b7d10
    """
    with Remote(url, key) as remote:
        remote.ask(Call("DELETE", path("keys", id), object))
    if as_json:
        print_json({"revoked": id})
    else:
        say(f"Revoked {id}")


def _row(key: dict[str, Any]) -> list[str]:
    games = ", ".join(key["games"]) if key["games"] is not None else "all"
    used = shown_time(key["last_used_at"]) if key["last_used_at"] else "never"
    state = "revoked" if key["revoked_at"] else ""
    return [key["id"], key["label"], games, ", ".join(key["scopes"]), used, state]

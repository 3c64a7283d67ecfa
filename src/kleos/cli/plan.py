"""`kleos plan`: what putting a definition in force would do on a server, before it is done."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from kleos.cli.output import AsJson, errors, print_json, say, shown, shown_time
from kleos.cli.remote import USUAL_URL, Key, Remote, Url, path
from kleos.client.calls import Call
from kleos.core.definition.load import load
from kleos.engine.catalog import read_text

PATIENCE_S: Final = 300.0
_SIGNS: Final = {"added": "+", "filled": "+", "gained": "+", "dropped": "-", "lost": "-", "changed": "~"}


def plan(
    file: Path,
    /,
    *,
    game: Annotated[str | None, Parameter(help="The game; else the file's name without `.toml`.")] = None,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Say what putting a definition in force would do, and do nothing.

    The file is checked here first. Then the server folds its log as the new version would fold it; of a log that takes
    longer than a minute, the histories of players drawn by chance. Exits with 1 where the change is refused.

    For example:

        kleos plan games/chess.toml

        kleos plan games/chess.toml --url https://stats.example.org --json
    """
    source, name = read_text(str(file), file), game or file.stem
    load(source, name, str(file))
    call = Call("PUT", path("games", name, "definition"), object, {"dry_run": "true"}, source.encode())
    with Remote(url, key, timeout_s=PATIENCE_S) as remote:
        answer: Any = remote.ask(call)
    if as_json:
        print_json(answer)
    else:
        for line in _lines(answer):
            say(line)
        for problem in answer["problems"]:
            errors.print(f"refused: {problem}", markup=False, highlight=False, soft_wrap=True)
    return 1 if answer["problems"] else 0


def _lines(answer: Mapping[str, Any]) -> Iterator[str]:
    if answer["version"] is None:
        yield f"{answer['game']}: a new game"
        return
    if not answer["changes"]:
        yield f"{answer['game']}: nothing changes"
        return
    yield f"{answer['game']}: version {answer['version']} would become {answer['version'] + 1}"
    for change in answer["changes"]:
        place = ".".join(part for part in (change["table"], change["key"]) if part) or "the game"
        yield f"  {_SIGNS[change['kind']]} {place}: {change['text']}"
    preview = answer["preview"]
    if preview is not None:
        yield from _measured(preview)


def _measured(preview: Mapping[str, Any]) -> Iterator[str]:
    part = preview["measured"] / preview["players"] if preview["measured"] else 1.0
    if preview["columns"]:
        yield "Columns:"
    for each in preview["columns"]:
        yield f"  {_SIGNS[each['kind']]} {each['sheet']}.{each['column']}: {each['kind']} ({shown(each['rows'])} rows)"
    if preview["boards"]:
        yield "Boards:"
    for each in preview["boards"]:
        before, after = (_about(each[side], part) for side in ("before", "after"))
        yield f"  {_SIGNS[each['kind']]} {each['board']}: {each['kind']}, standings {before} → {after}"
        for example in each["examples"]:
            yield f"      {example['rank']}. {example['player']} {shown(example['value'])}"
    if preview["achievements"]:
        yield "Awards:"
    for each in preview["achievements"]:
        counts = ", ".join(
            f"{_about(each[effect], part if each['kind'] != 'lost' else 1.0)} {effect}"
            for effect in ("gained", "lost", "redated")
            if each[effect]
        )
        yield f"  {_SIGNS[each['kind']]} {each['achievement']}: {counts or 'nobody'}"
        for example in each["examples"]:
            yield f"      {example['player']} {_example(example)}"
    cost = preview["cost"]
    if cost["events"]:
        yield f"Cost: {shown(cost['events'])} events to fold, about {shown(cost['seconds'], 1)} s"
    if part < 1:
        yield f"Measured with {shown(preview['measured'])} of {shown(preview['players'])} players."


def _about(count: int | None, part: float) -> str:
    if count is None or part == 1:
        return shown(count)
    return f"about {shown(round(count / part))}"


def _example(example: Mapping[str, Any]) -> str:
    at, was_at = (shown_time(example[name]) if example[name] else "" for name in ("at", "was_at"))
    return {
        "gained": f"gains it, of {at}",
        "lost": f"loses it, of {was_at}",
        "redated": f"has it of {at} instead of {was_at}",
    }[str(example["effect"])]

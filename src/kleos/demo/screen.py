"""The demo on a terminal, and in one line where there is none."""

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from kleos.client.answers import Value
from kleos.demo.scene import Movement, Scene

UP, DOWN, KEY = "green", "red", "cyan"
MEDALS = {1: "🥇", 2: "🥈", 3: "🥉"}
TITLE = "Six-Card Golf · wins"


def render(scene: Scene, now_s: float) -> RenderableType:
    """The whole screen."""
    sides = Table.grid(padding=(0, 2))
    sides.add_row(_board(scene), _awards(scene))
    return Panel(Group(sides, _status(scene, now_s), _addresses(scene)), title="Kleos", border_style=KEY)


def plain_line(scene: Scene, now_s: float) -> str:
    """The same in one line, for a log."""
    leaders = ", ".join(f"{entry.rank}. {scene.name_of(entry.player)} {shown(entry.value)}" for entry in scene.top[:3])
    parts = [_counts(scene, now_s), f"golf wins: {leaders or 'nobody yet'}"]
    if scene.awards:
        player, badge = scene.awards[0]
        parts.append(f"last award: {scene.name_of(player)}, {badge.title}")
    if scene.refused:
        parts.append(f"{scene.refused:,} events refused")
    if scene.trouble:
        parts.append(scene.trouble)
    return " | ".join(parts)


def addresses(url: str) -> list[str]:
    """Where to look: the UI, a board that moves, and the API's pages with an answer worth reading."""
    return [
        f"{url}/",
        f"{url}/g/golf/b/wins",
        f"{url}/docs",
        f"{url}/v1/games/arcade/boards/mode_best?game_mode=survival",
    ]


def shown(value: Value) -> str:
    """A board's value as people read it."""
    if value is None:
        return "–"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.1f}"
    return f"{int(value):,}" if isinstance(value, int | float) else value


def _board(scene: Scene) -> RenderableType:
    table = Table(title=TITLE, box=box.SIMPLE_HEAD, title_style="bold", min_width=46)
    table.add_column("", justify="right")
    table.add_column("", width=4)
    table.add_column("Player")
    table.add_column("Wins", justify="right")
    table.add_column("Win rate", justify="right")
    for entry in scene.top:
        rank = MEDALS.get(entry.rank or 0, "") + f" {entry.rank}"
        rate = entry.values.get("win_rate")
        percent = f"{rate:.1f} %" if isinstance(rate, int | float) else ""
        arrow = _arrow(scene.movements.get(entry.player))
        table.add_row(rank, arrow, scene.name_of(entry.player), shown(entry.value), percent)
    if not scene.top:
        table.add_row("", "", "nobody has five games yet", "", "")
    return table


def _arrow(moved: Movement | None) -> Text:
    if moved is None:
        return Text("")
    if moved.places is None:
        return Text("new", style=UP)
    return Text(f"▲{moved.places}", style=UP) if moved.places > 0 else Text(f"▼{-moved.places}", style=DOWN)


def _awards(scene: Scene) -> RenderableType:
    table = Table(title="Awards", box=box.SIMPLE_HEAD, title_style="bold", show_header=False, min_width=34)
    table.add_column("Award")
    table.add_column("Player", style="dim")
    if not scene.awards:
        table.add_row("none yet", "")
    for player, badge in scene.awards:
        table.add_row(f"{badge.icon} {badge.title}".strip(), scene.name_of(player))
    return table


def _status(scene: Scene, now_s: float) -> Text:
    text = Text(_counts(scene, now_s), style="bold")
    if scene.refused:
        text.append(f" · {scene.refused:,} events refused", style=DOWN)
    if scene.trouble:
        text.append(f" · {scene.trouble}", style=DOWN)
    return text


def _counts(scene: Scene, now_s: float) -> str:
    rate = scene.events_per_second(now_s)
    return (
        f"{scene.phase} · {scene.matches:,} matches · {scene.events:,} events · "
        f"{rate:,.0f} events/s · {scene.players:,} ranked"
    )


def _addresses(scene: Scene) -> Text:
    first, *others = addresses(scene.url)
    text = Text("Open ").append(first, style=f"bold {KEY}").append("   (Ctrl-C ends the demo)")
    for other in others:
        text.append(f"\n     {other}", style="dim")
    return text

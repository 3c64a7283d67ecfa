"""How things are shown: the keys that boards, columns, achievements and their like share."""

from kleos.core.definition.model import Presentation
from kleos.core.definition.names import titled
from kleos.core.definition.tables import Table


def read_presentation(table: Table, name: str) -> Presentation:
    return Presentation(
        title=table.text("title") or titled(name),
        text=table.text("text"),
        unit=table.text("unit"),
        decimals=table.whole("decimals"),
        icon=table.text("icon"),
        category=table.text("category"),
        order=table.whole("order") or 0,
    )

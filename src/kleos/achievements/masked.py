"""How an achievement is shown to who may not know yet what it is."""

from dataclasses import replace
from typing import Final

from kleos.core.definition.model import Achievement, Presentation

HIDDEN_TITLE: Final = "Hidden achievement"


def presented(achievement: Achievement, masked: bool) -> Presentation:
    """As the definition presents it, or, ``masked``, without what tells it from others."""
    own = achievement.presentation
    return replace(own, title=HIDDEN_TITLE, text="", icon="") if masked else own

"""The commands of `kleos`, and what becomes of an error: a sentence on stderr and an exit code, never a traceback."""

import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from cyclopts import App, CycloptsError

from kleos import __version__
from kleos.cli.output import Failed, errors
from kleos.client.errors import KleosClientError, KleosConnectionError
from kleos.core.errors import DefinitionError, KleosError

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130
HELP: Final = frozenset({"-h", "--help"})

app = App(
    name="kleos",
    version=__version__,
    help="""A server for game statistics, leaderboards and achievements: one engine, one file per game.

    Begin with `kleos demo`. Commands that ask a server take `--url` (`KLEOS_URL`) and, to write, `--key`
    (`KLEOS_KEY`). Each has examples in its own `--help`. Exit codes: 0 well, 1 not, 2 a wrong command line.""",
    result_action="return_value",
    exit_on_error=False,
    suppress_keyboard_interrupt=False,
    error_console=errors,
)

app.command("kleos.cli.serve:serve", name="serve", sort_key=1)
app.command("kleos.cli.demo:demo", name="demo", sort_key=2)
app.command("kleos.cli.check:check", name="check", sort_key=3)
app.command("kleos.cli.check:schema", name="schema", sort_key=4)
app.command("kleos.cli.plan:plan", name="plan", sort_key=4)
app.command("kleos.cli.load:import_", name="import", sort_key=5)
app.command("kleos.cli.look:games", name="games", sort_key=6)
app.command("kleos.cli.look:top", name="top", sort_key=7)
app.command("kleos.cli.look:player", name="player", sort_key=8)
app.command("kleos.cli.look:history", name="history", sort_key=8)
app.command("kleos.cli.explain:explain", name="explain", sort_key=8)
app.command("kleos.cli.explain:explain_rank", name="explain-rank", sort_key=8)
app.command("kleos.cli.explain:explain_award", name="explain-award", sort_key=8)
app.command("kleos.cli.seasons:app", name="seasons", sort_key=9)
app.command("kleos.cli.keys:app", name="keys", sort_key=10)
app.command("kleos.cli.verify:verify", name="verify", sort_key=11)
app.command("kleos.cli.jobs:app", name="jobs", sort_key=12)
app.command("kleos.cli.worker:worker", name="worker", sort_key=13)
app.command("kleos.cli.archive:rebuild", name="rebuild", sort_key=14)
app.command("kleos.cli.archive:archive", name="archive", sort_key=15)
app.command("kleos.cli.moderation:void", name="void", sort_key=20)
app.command("kleos.cli.moderation:ban", name="ban", sort_key=21)
app.command("kleos.cli.moderation:unban", name="unban", sort_key=22)
app.command("kleos.cli.moderation:merge", name="merge", sort_key=23)
app.command("kleos.cli.moderation:quarantine", name="quarantine", sort_key=24)
app.command("kleos.cli.moderation:corrections", name="corrections", sort_key=25)
app.command("kleos.cli.openapi:openapi", name="openapi", sort_key=30)


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; answers its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in HELP:
        for name in list(app):
            app[name]  # commands are imported when they are used, and the list of all uses all
    try:
        code = app(given)
    except CycloptsError:
        return USAGE
    except Failed as failure:
        if str(failure):
            errors.print(str(failure), markup=False, highlight=False, soft_wrap=True)
        return FAILED
    except DefinitionError as error:
        _say("\n".join(str(problem) for problem in error.problems))
        return FAILED
    except KleosConnectionError as error:
        _say(f"no answer from the server: {error}")
        return FAILED
    except (KleosError, KleosClientError) as error:
        _say(str(error))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `kleos top … | head`
        sys.stderr.close()
        return OK
    return code if isinstance(code, int) else OK


def _say(text: str) -> None:
    errors.print(f"kleos: {text}", markup=False, highlight=False, soft_wrap=True)


def main() -> NoReturn:
    """The script's entry."""
    sys.exit(run())

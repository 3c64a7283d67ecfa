"""``python -m bench [names…]``: runs benchmarks and prints what they found; ``--write`` renews docs/performance.md."""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Awaitable, Callable

import uvloop

from bench.cluster import cluster
from bench.machine import machine
from bench.report import BENCHMARKS, PAGE, Row, table, write
from kleos.store.embedded import EmbeddedPostgres

Run = Callable[[EmbeddedPostgres, bool], Awaitable[list[Row]]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks, each beside its peer in one run.")
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"which to run; by default all: {', '.join(BENCHMARKS)}"
    )
    parser.add_argument("--list", action="store_true", help="say which there are")
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes: shows that they run, no more")
    parser.add_argument("--write", action="store_true", help=f"renew their sections of {PAGE}")
    given = parser.parse_args()
    unknown = set(given.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there is {', '.join(BENCHMARKS)}")
    if given.list:
        print("\n".join(BENCHMARKS))
        return
    found = uvloop.run(run(given.names or BENCHMARKS, given.quick, given.write))
    print(table([row for rows in found.values() for row in rows]))


async def run(names: list[str] | tuple[str, ...], quick: bool, keep: bool) -> dict[str, list[Row]]:
    """Each is kept as soon as it ends: a later one that fails or is ended takes nothing with it."""
    found: dict[str, list[Row]] = {}
    async with cluster() as server:
        for name in names:
            benchmark: Run = importlib.import_module(f"bench.{name}").run
            started = time.perf_counter()
            found[name] = await benchmark(server, quick)
            if keep:
                write({name: found[name]}, machine())
            print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)
    return found


if __name__ == "__main__":
    main()

"""Lighthouse on home, board and profile: ``make lighthouse``. Prints the scores, and fails where one is under 95.

A page is measured three times, as a phone on a slow network (Lighthouse's own default); the median counts.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from build_web import with_node
from tests.web.conftest import FLAGS, chromium
from web.audit.site import OWN, empty_site, fill

HERE: Final = Path(__file__).resolve().parent
PAGES: Final = {"home": "/", "board": "/g/golf/b/wins", "profile": f"/p/{OWN}"}
CATEGORIES: Final = ("performance", "accessibility", "best-practices")
LEAST: Final = 95
RUN_WITHIN_S: Final = 180
GOOD: Final = 0.9


def main() -> int:
    asked = _arguments()
    environment = {**with_node(), "CHROME_PATH": chromium()}
    if not (HERE / "node_modules" / ".bin" / "lighthouse").exists():
        install = ["npm", "install", "--no-save", "--no-fund", "--no-audit", "--loglevel=error"]
        subprocess.run(install, cwd=HERE, env=environment, check=True)
    is_good = True
    with empty_site() as site:
        asyncio.run(fill(site))
        for name in asked.pages:
            reports = [_measure(site.url + PAGES[name], environment, asked.desktop) for _ in range(asked.runs)]
            scores = {category: _score(reports, category) for category in CATEGORIES}
            is_good = is_good and min(scores.values()) >= LEAST
            print(f"{name:10}" + "  ".join(f"{category} {score:.0f}" for category, score in scores.items()), flush=True)
            for said in _weak(reports[-1]):
                print(f"           {said}", flush=True)
    print("good" if is_good else f"under {LEAST}")
    return 0 if is_good else 1


def _measure(url: str, environment: dict[str, str], is_desktop: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="kleos-lighthouse-") as scratch:
        report = Path(scratch) / "report.json"
        command = [
            str(HERE / "node_modules" / ".bin" / "lighthouse"),
            *(url, "--quiet", "--no-enable-error-reporting", "--output=json", f"--output-path={report}"),
            *(f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={' '.join(('--headless=new', *FLAGS))}"),
            *(("--preset=desktop",) if is_desktop else ()),
        ]
        subprocess.run(command, env=environment, check=True, timeout=RUN_WITHIN_S, stdout=subprocess.DEVNULL)
        measured: dict[str, Any] = json.loads(report.read_bytes())
        return measured


def _score(reports: list[dict[str, Any]], category: str) -> float:
    return statistics.median([100 * float(report["categories"][category]["score"]) for report in reports])


def _weak(report: dict[str, Any]) -> list[str]:
    """The audits that cost points, with what they say."""
    weighed = {
        each["id"] for category in CATEGORIES for each in report["categories"][category]["auditRefs"] if each["weight"]
    }
    weak = [audit for name, audit in report["audits"].items() if name in weighed and (audit["score"] or 1) < GOOD]
    failed = [audit for name, audit in report["audits"].items() if name in weighed and audit["score"] == 0]
    return [f"{audit['id']}: {audit['score']} {audit.get('displayValue', '')}".rstrip() for audit in [*weak, *failed]]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make lighthouse", description=__doc__)
    parser.add_argument(
        "--pages", type=lambda text: text.split(","), default=list(PAGES), help=f"of {', '.join(PAGES)}"
    )
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument("--desktop", action="store_true", help="as a desk with a good network, instead of a phone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

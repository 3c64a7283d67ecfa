"""What can be set from the environment, each setting once: its name, its default, what it does."""

from __future__ import annotations

import difflib
import ipaddress
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args
from urllib.parse import urlsplit

from croniter import croniter

from kleos.core.errors import BadInput

logger = logging.getLogger(__name__)

SHORTEST_KEY: Final = 16
GAME_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")

LogFormat = Literal["auto", "json", "console"]
LogLevel = Literal["debug", "info", "warning", "error"]
JobsPlace = Literal["auto", "server", "worker"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server, read and checked. See `SETTINGS` for what each means."""

    database_url: str | None = None
    database_wait_s: int = 30
    database_timeout_s: int = 15
    data: Path = Path("kleos-data")
    host: str = "127.0.0.1"
    port: int = 8000
    admin_key: str | None = None
    pool_size: int = 10
    ranks_memory_mb: int = 1024
    games: Path | None = None
    log_format: LogFormat = "auto"
    log_level: LogLevel = "info"
    log_requests_percent: int = 100
    slow_request_ms: int = 1000
    slow_statement_ms: int = 500
    stop_timeout_s: int = 10
    public_url: str | None = None
    registration: str = "open"
    token_keys: str | None = None
    issuers: str | None = None
    discord_client_id: str | None = None
    discord_client_secret: str | None = None
    discord_redirect: str | None = None
    cors_origins: frozenset[str] | None = None
    trusted_proxies: str | None = None
    body_timeout_s: int = 30
    request_timeout_s: int = 10
    limit_user: int = 100
    limit_key: int = 60_000
    limit_address: int = 6_000
    limit_sign_in: int = 30
    limit_submissions: int = 10
    limit_failed_logins: int = 10
    limit_sockets: int = 1_000
    limit_topics: int = 6_000
    jobs: JobsPlace = "auto"
    jobs_at_once: int = 2
    jobs_kept_days: int = 30
    verify_schedule: str = "30 3 * * *"
    verify_rows: int = 100_000
    verify_within_s: int = 60
    archive: str | None = None
    archive_schedule: str = "30 1 * * *"
    retention_days: int | None = None
    stats_game: str = "golf"
    leaderboard_game: str = "arcade"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `read` turns its text into the field's value, or raises `ValueError` with what is expected."""

    field: str
    help: str
    read: Callable[[str], Any]
    secret: bool = False

    @property
    def name(self) -> str:
        return f"KLEOS_{self.field.upper()}"

    @property
    def default(self) -> Any:
        return getattr(Settings(), self.field)


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


def _postgres_url(text: str) -> str:
    if urlsplit(text).scheme not in ("postgresql", "postgres"):
        raise ValueError("must be like postgresql://user:password@host:5432/database")
    return text


def _key(text: str) -> str:
    if len(text) < SHORTEST_KEY or not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError(f"must be at least {SHORTEST_KEY} printable ASCII characters without spaces")
    return text


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text.lower()

    return read


def _open_or_closed(text: str) -> str:
    if text not in ("open", "closed"):
        raise ValueError("must be open or closed")
    return text


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be like https://kleos.example.org")
    return text


def _origins(text: str) -> frozenset[str]:
    origins = frozenset(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    for origin in origins:
        if urlsplit(_address(origin)).path:
            raise ValueError("must be origins such as https://app.example.org, with commas between")
    return origins


def _networks(text: str) -> str:
    for part in text.split(","):
        ipaddress.ip_network(part.strip())
    return text


def _schedule(text: str) -> str:
    if text != "off" and not (len(text.split()) == 5 and croniter.is_valid(text)):
        raise ValueError("must be `off`, or five fields of cron, such as 30 3 * * *")
    return text


def _folder(text: str) -> Path:
    folder = Path(text).expanduser()
    if not folder.is_dir():
        raise ValueError("must be a folder that exists")
    return folder


def _game(text: str) -> str:
    if not GAME_NAME.fullmatch(text):
        raise ValueError("must be the name of a game")
    return text


def _archive(text: str) -> str:
    return text if "://" in text else str(Path(text).expanduser().absolute())


SETTINGS: Final = (
    Setting(
        "database_url",
        "PostgreSQL 15 or later to use. Without it an embedded one runs in `KLEOS_DATA`.",
        _postgres_url,
        secret=True,
    ),
    Setting("database_wait_s", "Seconds to wait at the start for the database to answer.", _whole(0, 3600)),
    Setting(
        "database_timeout_s",
        "Seconds to wait for the database's answer to one statement, and for a free connection; then the request gets "
        "a 503.",
        _whole(1, 3600),
    ),
    Setting(
        "data",
        "Folder of the embedded database. Made when it is not there.",
        lambda text: Path(text).expanduser(),
    ),
    Setting("host", "Address to listen on. `0.0.0.0` for every IPv4 address of the machine.", str),
    Setting("port", "TCP port to listen on. `0` for any that is free.", _whole(0, 65535)),
    Setting(
        "admin_key",
        f"Key that may do everything, at least {SHORTEST_KEY} characters. Without it one is made at the first "
        "start and printed once.",
        _key,
        secret=True,
    ),
    Setting("pool_size", "Connections to the database at most.", _whole(2, 1000)),
    Setting("ranks_memory_mb", "Megabytes that rank indexes may take in memory.", _whole(16, 1_048_576)),
    Setting("games", "Folder of definitions (`*.toml`) to load beside the shipped ones.", _folder),
    Setting(
        "log_format",
        "`json`, one object a line, or `console`, for people. `auto` takes `console` on a terminal.",
        _one_of(get_args(LogFormat)),
    ),
    Setting("log_level", "`debug`, `info`, `warning` or `error`.", _one_of(get_args(LogLevel))),
    Setting(
        "log_requests_percent",
        "How many of the quick requests that went well get a line. Failures and slow ones always do.",
        _whole(0, 100),
    ),
    Setting("slow_request_ms", "A request that takes so long counts as slow, and is logged.", _whole(1, 3_600_000)),
    Setting("slow_statement_ms", "A statement that takes so long counts as slow, and is logged.", _whole(1, 3_600_000)),
    Setting(
        "stop_timeout_s",
        "Seconds that requests under way may take after SIGTERM, before their connections are cut.",
        _whole(0, 3600),
    ),
    Setting("public_url", "Address by which people reach the server; access tokens name it as their issuer.", _address),
    Setting("registration", "Whether anybody may make an account: `open` or `closed`.", _open_or_closed),
    Setting(
        "token_keys",
        "JWK set of private Ed25519 keys that sign access tokens, the first of them. Without it `token_keys.json` in "
        "`KLEOS_DATA` is made, and gets a new key every 30 days.",
        str,
        secret=True,
    ),
    Setting(
        "issuers",
        "Outside issuers whose tokens count: `issuer audience algorithms prefix`, with `;` between.",
        str,
    ),
    Setting("discord_client_id", "Application of Discord's for logging in with it.", str),
    Setting("discord_client_secret", "That application's secret.", str, secret=True),
    Setting("discord_redirect", "Address of `/v1/auth/discord/callback`, as that application knows it.", _address),
    Setting("cors_origins", "Origins whose pages may use the API, with commas between.", _origins),
    Setting("trusted_proxies", "Networks of proxies whose `X-Forwarded-For` counts, with commas between.", _networks),
    Setting("body_timeout_s", "Seconds within which a request's body must have come.", _whole(1, 3600)),
    Setting(
        "request_timeout_s",
        "Seconds within which a connection must have sent the head of a request, and a Socket.IO one its handshake.",
        _whole(1, 3600),
    ),
    Setting("limit_user", "Requests a minute of one player; 0 for no limit, here and below.", _whole(0, 10**9)),
    Setting("limit_key", "Requests a minute of one API key that has no limit of its own.", _whole(0, 10**9)),
    Setting("limit_address", "Requests a minute of one address without key or token.", _whole(0, 10**9)),
    Setting("limit_sign_in", "Log-ins and registrations a minute from one address.", _whole(0, 10**9)),
    Setting("limit_submissions", "Events a second that one player sends.", _whole(0, 10**9)),
    Setting("limit_failed_logins", "Failed log-ins in 15 minutes to one account from one address.", _whole(0, 10**9)),
    Setting("limit_sockets", "Connections that one address has open at the same time.", _whole(0, 10**9)),
    Setting("limit_topics", "Topics of the feed a minute to which one address subscribes.", _whole(0, 10**9)),
    Setting(
        "jobs",
        "Where jobs run: inside the `server`, or in a `worker` (`kleos worker`). `auto` runs them inside with the "
        "embedded database, and in workers otherwise.",
        _one_of(get_args(JobsPlace)),
    ),
    Setting("jobs_at_once", "Jobs that one process runs at once; those of one game never are.", _whole(1, 64)),
    Setting("jobs_kept_days", "Days after which a job that has ended is forgotten.", _whole(1, 36_500)),
    Setting(
        "verify_schedule",
        "When a sample of every game is compared with its log: minute, hour, day, month, weekday in UTC, as cron has "
        "it; or `off`.",
        _schedule,
    ),
    Setting("verify_rows", "Rows of a game that such a sample looks at, at most (and some).", _whole(1, 10**9)),
    Setting("verify_within_s", "Seconds that such a sample takes of a game, at most (and some).", _whole(1, 86_400)),
    Setting(
        "archive",
        "Where the log is archived: a folder, or an URL of fsspec's such as `s3://bucket/kleos`. Else `archive` in "
        "`KLEOS_DATA`.",
        _archive,
        secret=True,
    ),
    Setting("archive_schedule", "When every game's log is archived, as with `KLEOS_VERIFY_SCHEDULE`.", _schedule),
    Setting(
        "retention_days",
        "Days after which archived events leave PostgreSQL; ids stay known. Without it they stay for ever.",
        _whole(1, 36_500),
    ),
    Setting("stats_game", "The game that `/api/stats` is about; its definition must be like that of `golf`.", _game),
    Setting(
        "leaderboard_game",
        "The game that `/api/leaderboard` is about; its definition must be like that of `arcade`.",
        _game,
    ),
)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in `environment` (by default the process's). An empty variable counts as not set.

    A secret may come from a file instead: `<NAME>_FILE` holds its path. Raises `BadInput` that names every variable
    that is wrong, and never shows a secret.
    """
    given = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    problems: list[str] = []
    for setting in SETTINGS:
        try:
            text = _text_of(setting, given)
            if text:
                values[setting.field] = setting.read(text)
        except ValueError as error:
            shown = "" if setting.secret else f", and is {text!r}"
            problems.append(f"{setting.name} {error}{shown}")
        except OSError as error:
            problems.append(f"{setting.name}_FILE names a file that cannot be read: {error.strerror}")
    if problems:
        raise BadInput("\n".join(problems))
    _tell_of_slips(given)
    return Settings(**values)


def _text_of(setting: Setting, given: Mapping[str, str]) -> str:
    text = given.get(setting.name, "").strip()
    file = given.get(f"{setting.name}_FILE", "") if setting.secret else ""
    if text and file:
        raise ValueError(f"and {setting.name}_FILE are both set: keep one")
    return Path(file).read_text(encoding="utf-8").strip() if file else text


def _tell_of_slips(given: Mapping[str, str]) -> None:
    known = {setting.name for setting in SETTINGS}
    known |= {f"{setting.name}_FILE" for setting in SETTINGS if setting.secret}
    for name in given:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
        if name.startswith("KLEOS_") and name not in known and close:
            logger.warning("%s is no setting; did you mean %s?", name, close[0])

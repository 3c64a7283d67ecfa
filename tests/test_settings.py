"""Settings are typed, checked, told by name when wrong, and every one of them is documented."""

from __future__ import annotations

import logging
from dataclasses import fields
from pathlib import Path

import pytest

from kleos.core.errors import BadInput
from kleos.settings import SETTINGS, Setting, Settings, read_settings

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "settings.md"
KEY = "a-key-of-some-length"


def test_nothing_set_gives_the_defaults() -> None:
    assert read_settings({}) == Settings()


def test_each_setting_is_read() -> None:
    given = {
        "KLEOS_DATABASE_URL": "postgresql://me:pass@db:5432/games",
        "KLEOS_DATABASE_WAIT_S": "5",
        "KLEOS_DATABASE_TIMEOUT_S": "7",
        "KLEOS_DATA": "/srv/kleos",
        "KLEOS_HOST": "0.0.0.0",
        "KLEOS_PORT": "80",
        "KLEOS_ADMIN_KEY": KEY,
        "KLEOS_POOL_SIZE": "20",
        "KLEOS_RANKS_MEMORY_MB": "64",
        "KLEOS_GAMES": "/",
        "KLEOS_LOG_FORMAT": "JSON",
        "KLEOS_LOG_LEVEL": "warning",
        "KLEOS_LOG_REQUESTS_PERCENT": "5",
        "KLEOS_SLOW_REQUEST_MS": "200",
        "KLEOS_SLOW_STATEMENT_MS": "100",
        "KLEOS_STOP_TIMEOUT_S": "30",
        "KLEOS_PUBLIC_URL": "https://kleos.example.org",
        "KLEOS_REGISTRATION": "closed",
        "KLEOS_TOKEN_KEYS": "{}",
        "KLEOS_ISSUERS": "https://id.example.org games",
        "KLEOS_DISCORD_CLIENT_ID": "client",
        "KLEOS_DISCORD_CLIENT_SECRET": "secret",
        "KLEOS_DISCORD_REDIRECT": "https://kleos.example.org/v1/auth/discord/callback",
        "KLEOS_CORS_ORIGINS": "https://a.example.org, https://b.example.org",
        "KLEOS_TRUSTED_PROXIES": "10.0.0.0/8",
        "KLEOS_BODY_TIMEOUT_S": "9",
        "KLEOS_REQUEST_TIMEOUT_S": "8",
        "KLEOS_LIMIT_USER": "1",
        "KLEOS_LIMIT_KEY": "2",
        "KLEOS_LIMIT_ADDRESS": "3",
        "KLEOS_LIMIT_SIGN_IN": "4",
        "KLEOS_LIMIT_SUBMISSIONS": "5",
        "KLEOS_LIMIT_FAILED_LOGINS": "6",
        "KLEOS_LIMIT_SOCKETS": "11",
        "KLEOS_LIMIT_TOPICS": "12",
        "KLEOS_JOBS": "Worker",
        "KLEOS_JOBS_AT_ONCE": "7",
        "KLEOS_JOBS_KEPT_DAYS": "7",
        "KLEOS_VERIFY_SCHEDULE": "0 5 * * 1",
        "KLEOS_VERIFY_ROWS": "5000",
        "KLEOS_VERIFY_WITHIN_S": "9",
        "KLEOS_ARCHIVE": "s3://bucket/kleos",
        "KLEOS_ARCHIVE_SCHEDULE": "off",
        "KLEOS_RETENTION_DAYS": "90",
        "KLEOS_STATS_GAME": "cards",
        "KLEOS_LEADERBOARD_GAME": "pinball",
    }
    expected = Settings(
        database_url="postgresql://me:pass@db:5432/games",
        database_wait_s=5,
        database_timeout_s=7,
        data=Path("/srv/kleos"),
        host="0.0.0.0",
        port=80,
        admin_key=KEY,
        pool_size=20,
        ranks_memory_mb=64,
        games=Path("/"),
        log_format="json",
        log_level="warning",
        log_requests_percent=5,
        slow_request_ms=200,
        slow_statement_ms=100,
        stop_timeout_s=30,
        public_url="https://kleos.example.org",
        registration="closed",
        token_keys="{}",
        issuers="https://id.example.org games",
        discord_client_id="client",
        discord_client_secret="secret",
        discord_redirect="https://kleos.example.org/v1/auth/discord/callback",
        cors_origins=frozenset({"https://a.example.org", "https://b.example.org"}),
        trusted_proxies="10.0.0.0/8",
        body_timeout_s=9,
        request_timeout_s=8,
        limit_sockets=11,
        limit_topics=12,
        limit_user=1,
        limit_key=2,
        limit_address=3,
        limit_sign_in=4,
        limit_submissions=5,
        limit_failed_logins=6,
        jobs="worker",
        jobs_at_once=7,
        jobs_kept_days=7,
        verify_schedule="0 5 * * 1",
        verify_rows=5000,
        verify_within_s=9,
        archive="s3://bucket/kleos",
        archive_schedule="off",
        retention_days=90,
        stats_game="cards",
        leaderboard_game="pinball",
    )
    assert read_settings(given) == expected
    assert set(given) == {setting.name for setting in SETTINGS}


def test_every_field_has_its_setting() -> None:
    assert [setting.field for setting in SETTINGS] == [field.name for field in fields(Settings)]


def test_an_empty_variable_is_not_set() -> None:
    assert read_settings({"KLEOS_PORT": "", "KLEOS_ADMIN_KEY": ""}) == Settings()


@pytest.mark.parametrize(
    "name, text",
    [
        ("KLEOS_PORT", "http"),
        ("KLEOS_PORT", "65536"),
        ("KLEOS_PORT", "-1"),
        ("KLEOS_PORT", "²"),
        ("KLEOS_PORT", "1_000"),
        ("KLEOS_POOL_SIZE", "0"),
        ("KLEOS_RANKS_MEMORY_MB", "1.5"),
        ("KLEOS_DATABASE_URL", "mysql://db/games"),
        ("KLEOS_ADMIN_KEY", "short"),
        ("KLEOS_ADMIN_KEY", "with spaces in the middle"),
        ("KLEOS_GAMES", "/no/such/folder"),
        ("KLEOS_JOBS", "elsewhere"),
        ("KLEOS_VERIFY_SCHEDULE", "at night"),
        ("KLEOS_VERIFY_SCHEDULE", "61 3 * * *"),
    ],
)
def test_what_is_wrong_is_told_by_name(name: str, text: str) -> None:
    with pytest.raises(BadInput, match=f"^{name} must be"):
        read_settings({name: text})


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        read_settings({"KLEOS_PORT": "x", "KLEOS_POOL_SIZE": "y"})
    assert [line.split()[0] for line in str(caught.value).splitlines()] == ["KLEOS_PORT", "KLEOS_POOL_SIZE"]


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    assert read_settings({"KLEOS_ADMIN_KEY_FILE": str(tmp_path / "key")}).admin_key == KEY


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    given = {"KLEOS_ADMIN_KEY_FILE": str(tmp_path / "key"), "KLEOS_ADMIN_KEY": KEY}
    with pytest.raises(BadInput, match="keep one") as caught:
        read_settings(given)
    assert KEY not in str(caught.value)


def test_a_secret_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="KLEOS_ADMIN_KEY_FILE names a file that cannot be read"):
        read_settings({"KLEOS_ADMIN_KEY_FILE": str(tmp_path / "none")})


def test_a_wrong_secret_is_not_shown() -> None:
    with pytest.raises(BadInput) as caught:
        read_settings({"KLEOS_ADMIN_KEY": "hunter2", "KLEOS_DATABASE_URL": "mysql://me:hunter2@db"})
    assert "hunter2" not in str(caught.value)


def test_a_slip_of_the_pen_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        read_settings({"KLEOS_DATABSE_URL": "postgresql://db/games", "KLEOS_SOMETHING_ELSE": "1"})
    assert [record.getMessage() for record in caplog.records] == [
        "KLEOS_DATABSE_URL is no setting; did you mean KLEOS_DATABASE_URL?"
    ]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_documented(setting: Setting) -> None:
    default = "" if setting.default is None else f"`{setting.default}`"
    name = f"`{setting.name}`" + (" (secret)" if setting.secret else "")
    assert f"| {name} | {default} | {setting.help} |" in REFERENCE.read_text(encoding="utf-8").splitlines()

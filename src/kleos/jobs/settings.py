"""What a server's settings say about jobs."""

from typing import Final

from kleos.jobs.kinds import Kind
from kleos.jobs.worker import WorkerSettings
from kleos.settings import Settings

OFF: Final = "off"


def runs_jobs(settings: Settings) -> bool:
    """Whether jobs run inside the server."""
    return settings.jobs == "server" or (settings.jobs == "auto" and settings.database_url is None)


def worker_settings(settings: Settings) -> WorkerSettings:
    schedules: dict[Kind, str] = {"verify": settings.verify_schedule, "archive": settings.archive_schedule}
    sample = {"rows": settings.verify_rows, "within_s": settings.verify_within_s}
    return WorkerSettings(
        settings.jobs_at_once,
        {what: cron for what, cron in schedules.items() if cron != OFF},
        {"verify": sample},
        settings.jobs_kept_days,
    )

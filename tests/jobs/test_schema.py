"""The queue's tables are procrastinate's own, and work from any session."""

from importlib import resources

from procrastinate.schema import SchemaManager

from kleos.jobs.queue import Queue
from kleos.store.database import Database

MIGRATION = resources.files("kleos.store") / "migrations" / "0004_jobs.sql"
BEGIN, END = "-- <procrastinate>\n", "-- </procrastinate>"


def test_the_migration_holds_the_schema_of_the_installed_procrastinate() -> None:
    """Where this fails, procrastinate was upgraded: a new migration has to do what its own migrations do."""
    text = MIGRATION.read_text("utf-8")
    assert text[text.index(BEGIN) + len(BEGIN) : text.index(END)].rstrip() == SchemaManager.get_schema().rstrip()


async def test_a_job_can_be_deferred_by_a_session_that_does_not_know_the_schema(database: Database) -> None:
    assert await database.pool.fetchval("SHOW search_path") == '"$user", public'
    queue = Queue(database.pool)
    job = await queue.job(await queue.defer("rebuild", "golf", "ann"))
    assert (job.kind, job.game, job.state, job.actor, job.attempts) == ("rebuild", "golf", "waiting", "ann", 0)

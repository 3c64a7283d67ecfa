"""Jobs as a server has them: the queue, and the worker where it runs inside."""

from contextlib import AbstractAsyncContextManager, nullcontext

from kleos.engine.engine import Engine
from kleos.jobs.queue import Queue
from kleos.jobs.work import Work
from kleos.jobs.worker import Worker, WorkerSettings


class Jobs(Queue):
    """``settings`` None: jobs of this database are run by `kleos worker`, somewhere else."""

    def __init__(self, engine: Engine, settings: WorkerSettings | None) -> None:
        super().__init__(engine.pool)
        self._worker: Worker | None = None
        if settings is not None:
            database = engine.database
            work = Work(database.dsn, engine, database.timeout_s, engine.clock)
            # Nobody else can be at an embedded database: its data directory is locked.
            self._worker = Worker(work, settings, is_only=database.embedded is not None)

    def working(self) -> AbstractAsyncContextManager[None]:
        """Jobs are run inside this process while the block runs, if they are at all."""
        return self._worker.beside() if self._worker is not None else nullcontext()

    async def can_run(self) -> bool:
        """Whether anybody would take up a job now."""
        return self._worker is not None or await self.live_workers() > 0

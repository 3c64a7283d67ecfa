"""The statements about jobs. Procrastinate's own tables are in the schema `kleos_jobs`, what Kleos adds in `kleos`."""

from typing import Final

DEFER: Final = """
SELECT unnest(kleos_jobs.procrastinate_defer_jobs_v1(ARRAY[
    ROW($1::varchar, $2::varchar, $3::integer, $4::text, $5::text, $6::jsonb, NULL::timestamptz)
    ::kleos_jobs.procrastinate_job_to_defer_v1
]))
"""

NOTE_ACTOR: Final = "INSERT INTO kleos.jobs (job, actor) VALUES ($1, $2)"

WAITING: Final = """
SELECT id FROM kleos_jobs.procrastinate_jobs WHERE queueing_lock = $1 AND status = 'todo'
"""

_JOBS: Final = """
SELECT j.id, j.task_name AS kind, j.args - '{source,at,by}'::text[] AS args, j.status::text, j.attempts,
       j.abort_requested, k.actor, k.phase, COALESCE(k.done, 0) AS done, COALESCE(k.total, 0) AS total,
       k.result, k.error,
       e.made_at, e.started_at, CASE WHEN j.status NOT IN ('todo', 'doing') THEN e.ended_at END AS ended_at
FROM kleos_jobs.procrastinate_jobs j
LEFT JOIN kleos.jobs k ON k.job = j.id
CROSS JOIN LATERAL (
    SELECT min(at) FILTER (WHERE type = 'deferred') AS made_at,
           max(at) FILTER (WHERE type = 'started') AS started_at,
           max(at) FILTER (WHERE type IN ('succeeded', 'failed', 'cancelled', 'aborted')) AS ended_at
    FROM kleos_jobs.procrastinate_events WHERE job_id = j.id
) e
"""

PAGE: Final = (
    _JOBS
    + """
WHERE ($1::text[] IS NULL OR j.status::text = ANY($1)) AND ($2::text[] IS NULL OR j.args ->> 'game' = ANY($2))
  AND ($3::text IS NULL OR j.task_name = $3) AND ($4::bigint IS NULL OR j.id < $4)
ORDER BY j.id DESC LIMIT $5
"""
)
ONE: Final = _JOBS + "WHERE j.id = $1"

ARGUMENTS: Final = "SELECT task_name, args FROM kleos_jobs.procrastinate_jobs WHERE id = $1"
STATUS: Final = "SELECT status::text FROM kleos_jobs.procrastinate_jobs WHERE id = $1"
CANCEL: Final = "SELECT kleos_jobs.procrastinate_cancel_job_v1($1, true, false)"

UNFINISHED_OF: Final = """
SELECT EXISTS (
    SELECT FROM kleos_jobs.procrastinate_jobs
    WHERE args ->> 'game' = $1 AND task_name = $2 AND status IN ('todo', 'doing')
)
"""

LIVE_WORKERS: Final = """
SELECT count(*) FROM kleos_jobs.procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => $1)
"""

# Of a job that runs.
LOCK_JOB: Final = "SELECT pg_advisory_lock($1, $2)"
TELL: Final = """
INSERT INTO kleos.jobs AS k (job, phase, done, total, told_at) VALUES ($1, $2, $3, $4, now())
ON CONFLICT (job) DO UPDATE SET phase = excluded.phase, done = excluded.done, total = excluded.total, told_at = now()
"""
END: Final = """
INSERT INTO kleos.jobs AS k (job, result, error, told_at) VALUES ($1, $2, $3, now())
ON CONFLICT (job) DO UPDATE SET result = excluded.result, error = excluded.error, told_at = now()
"""

FORGET_OLD: Final = """
DELETE FROM kleos_jobs.procrastinate_jobs j
WHERE j.id = ANY(ARRAY(
    SELECT o.id FROM kleos_jobs.procrastinate_jobs o
    WHERE o.status NOT IN ('todo', 'doing')
      AND NOT EXISTS (SELECT FROM kleos_jobs.procrastinate_events e
                      WHERE e.job_id = o.id AND e.at > now() - make_interval(days => $1))
      AND (o.status <> 'succeeded' OR EXISTS (
          SELECT FROM kleos_jobs.procrastinate_jobs n
          WHERE n.id > o.id AND n.status = 'succeeded' AND n.task_name = o.task_name
            AND (n.args ->> 'game') IS NOT DISTINCT FROM (o.args ->> 'game')
      ))
    ORDER BY o.id LIMIT $2
)) RETURNING j.id
"""

# What metrics tell.
COUNT_JOBS: Final = """
SELECT task_name AS kind, status::text, count(*) AS jobs FROM kleos_jobs.procrastinate_jobs GROUP BY 1, 2
"""
LAST_OF_KIND: Final = """
SELECT DISTINCT ON (j.args ->> 'game', j.task_name)
       j.args ->> 'game' AS game, j.task_name AS kind, k.result, e.started_at, e.ended_at
FROM kleos_jobs.procrastinate_jobs j
JOIN kleos.jobs k ON k.job = j.id
CROSS JOIN LATERAL (
    SELECT max(at) FILTER (WHERE type = 'started') AS started_at,
           max(at) FILTER (WHERE type = 'succeeded') AS ended_at
    FROM kleos_jobs.procrastinate_events WHERE job_id = j.id
) e
WHERE j.status = 'succeeded' AND j.args ? 'game'
ORDER BY j.args ->> 'game', j.task_name, j.id DESC
"""

GAMES_WITH_EVENTS: Final = """
SELECT g.game FROM kleos.games g WHERE EXISTS (SELECT FROM kleos.event_ids i WHERE i.game = g.game) ORDER BY g.game
"""

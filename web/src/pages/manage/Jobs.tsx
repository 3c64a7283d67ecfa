import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { answered, api, type Schemas } from "@/api/client";
import { ActionButton } from "@/shared/form/ActionButton";
import { Outcome } from "@/shared/form/Outcome";
import { shownAge } from "@/shared/format/numbers";
import { RowsShape } from "@/shared/states/Shapes";
import { Empty, Failure, Loading } from "@/shared/states/States";

const PAGE = 30;
const WHILE_WORKING_MS = 1_000;
const AT_REST_MS = 10_000;

type Job = Schemas["JobAnswer"];

function isOpen(job: Job): boolean {
  return job.state === "waiting" || job.state === "running";
}

/** The jobs of one game, or of all that the caller manages; followed while any is at work. */
export function Jobs({ game }: { readonly game?: string }) {
  const queries = useQueryClient();
  const asked = useInfiniteQuery({
    queryKey: ["manage", "jobs", game ?? ""],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/v1/jobs", {
          params: {
            query: { limit: PAGE, ...(game ? { game } : {}), ...(pageParam ? { before: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.jobs.some(isOpen)) ? WHILE_WORKING_MS : AT_REST_MS,
  });
  const ask = useMutation({
    mutationFn: (kind: "rebuild" | "verify") =>
      answered(
        api.POST("/v1/games/{game}/jobs", {
          params: { path: { game: game ?? "" } },
          body: { kind } as never,
        }),
      ),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["manage", "jobs"] }),
  });
  const change = useMutation({
    mutationFn: ({ job, to }: { readonly job: number; readonly to: "cancel" | "retry" }) =>
      to === "cancel"
        ? answered(api.POST("/v1/jobs/{job}/cancel", { params: { path: { job } } }))
        : answered(api.POST("/v1/jobs/{job}/retry", { params: { path: { job } } })),
    onSettled: () => void queries.invalidateQueries({ queryKey: ["manage", "jobs"] }),
  });
  const jobs = asked.data?.pages.flatMap((page) => page.jobs) ?? [];
  const workers = asked.data?.pages[0]?.workers;
  return (
    <section aria-labelledby="jobs" className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <h2 id="jobs" className="mr-auto font-bold text-xl">
          Jobs
        </h2>
        {game && (
          <>
            <ActionButton className="button" busy={ask.isPending} onClick={() => ask.mutate("rebuild")}>
              Rebuild from the log
            </ActionButton>
            <ActionButton className="button" busy={ask.isPending} onClick={() => ask.mutate("verify")}>
              Verify
            </ActionButton>
          </>
        )}
      </div>
      <Outcome
        error={ask.error ?? change.error}
        done={ask.data ? `Job ${ask.data.id} (${ask.data.kind}) is on its way` : undefined}
      />
      {workers === 0 && (
        <p className="text-down">
          No worker runs: jobs wait until <code>kleos worker</code> does.
        </p>
      )}
      {asked.isPending ? (
        <Loading label="jobs">
          <RowsShape />
        </Loading>
      ) : asked.isError && !asked.data ? (
        <Failure what="jobs" error={asked.error} retry={() => void asked.refetch()} />
      ) : jobs.length === 0 ? (
        <Empty title="No job was ever asked for">
          {game
            ? "Rebuild folds every number of this game anew from its log; Verify compares them with it."
            : "Rebuilds, checks and changes of definitions that take their time are shown here."}
        </Empty>
      ) : (
        <ul className="card divide-y divide-line" aria-label="Jobs">
          {jobs.map((job) => (
            <JobLine
              key={job.id}
              job={job}
              busy={change.isPending}
              change={(to) => change.mutate({ job: job.id, to })}
            />
          ))}
        </ul>
      )}
      {asked.hasNextPage && (
        <ActionButton
          className="button self-start"
          busy={asked.isFetchingNextPage}
          onClick={() => void asked.fetchNextPage()}
        >
          {asked.isFetchingNextPage ? "Loading…" : "Older jobs"}
        </ActionButton>
      )}
    </section>
  );
}

const SIGNS: Readonly<Record<Job["state"], { sign: string; colour: string }>> = {
  waiting: { sign: "◷", colour: "text-quiet" },
  running: { sign: "▸", colour: "text-link" },
  succeeded: { sign: "✓", colour: "text-up" },
  failed: { sign: "✕", colour: "text-down" },
  cancelled: { sign: "⊘", colour: "text-quiet" },
};

type JobLineProps = {
  readonly job: Job;
  readonly busy: boolean;
  readonly change: (to: "cancel" | "retry") => void;
};

function JobLine({ job, busy, change }: JobLineProps) {
  const { sign, colour } = SIGNS[job.state];
  const { done, total, phase } = job.progress;
  const name = `${job.kind} ${job.id}`;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <span className={`w-32 shrink-0 ${colour}`}>
        <span aria-hidden="true">{sign}</span> {job.cancelling ? "stopping" : job.state}
      </span>
      <span className="min-w-0 grow basis-56">
        <span className="font-medium">{job.kind}</span>{" "}
        <span className="text-quiet">
          {job.game ?? "server"} · {shownAge(job.ended_at ?? job.started_at ?? job.made_at)}
          {job.actor ? ` · ${job.actor}` : ""}
          {job.attempts > 1 ? ` · begun ${job.attempts} times` : ""}
        </span>
        {isOpen(job) && phase && (
          <span className="mt-1 flex flex-wrap items-center gap-2 text-quiet text-sm">
            <progress
              aria-label={`Progress of ${name}`}
              className="h-2 w-48 accent-(--link)"
              {...(total > 0 ? { value: done, max: total } : {})}
            />
            {phase}
            {total > 0 && ` ${done.toLocaleString("en")} of ${total.toLocaleString("en")}`}
          </span>
        )}
        {job.error && <span className="block text-down text-sm">{job.error}</span>}
        {job.state === "succeeded" && job.result !== null && (
          <details className="text-sm">
            <summary className="text-quiet">What came of it</summary>
            <pre className="mt-1 max-h-60 overflow-auto whitespace-pre-wrap">
              {JSON.stringify(job.result, null, 2)}
            </pre>
          </details>
        )}
      </span>
      {isOpen(job) ? (
        <ActionButton
          className="button"
          aria-label={`Cancel ${name}`}
          busy={busy}
          disabled={job.cancelling}
          onClick={() => change("cancel")}
        >
          Cancel
        </ActionButton>
      ) : (
        <ActionButton
          className="button"
          aria-label={`Do again: ${name}`}
          busy={busy}
          onClick={() => change("retry")}
        >
          Do again
        </ActionButton>
      )}
    </li>
  );
}

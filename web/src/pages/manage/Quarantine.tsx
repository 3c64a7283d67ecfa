import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { ActionButton } from "@/shared/form/ActionButton";
import { shownTime } from "@/shared/format/numbers";
import { RowsShape } from "@/shared/states/Shapes";
import { Empty, Failure, Loading } from "@/shared/states/States";
import { Strip } from "@/shared/strip/Strip";
import { Confirm, type Step } from "./corrections/Confirm";

const route = getRouteApi("/manage/$game/$section");
const PAGE = 30;
const STATUSES = ["waiting", "accepted", "refused", "all"] as const;

type Quarantined = Schemas["Quarantined"];

/** Events that failed a check: each with the reason, to be accepted or refused. */
export function Quarantine({ game }: { readonly game: string }) {
  const { status = "waiting", reason } = route.useSearch();
  const navigate = route.useNavigate();
  const [step, setStep] = useState<Step | null>(null);
  const reasons = useQuery({
    queryKey: ["manage", game, "reasons"],
    queryFn: () => answered(api.GET("/v1/games/{game}/quarantine/reasons", { params: { path: { game } } })),
  });
  const asked = useInfiniteQuery({
    queryKey: ["manage", game, "quarantine", status, reason ?? ""],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/v1/games/{game}/quarantine", {
          params: {
            path: { game },
            query: {
              limit: PAGE,
              offset: pageParam,
              ...(status === "all" ? {} : { status }),
              ...(reason ? { reason } : {}),
            },
          },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => {
      const read = pages.reduce((sum, each) => sum + each.events.length, 0);
      return read < page.total ? read : null;
    },
  });
  const events = asked.data?.pages.flatMap((page) => page.events) ?? [];
  const known = [
    ...new Set([...(reasons.data?.reasons ?? []).map((one) => one.reason), ...(reason ? [reason] : [])]),
  ];
  return (
    <section aria-labelledby="quarantine" className="flex flex-col gap-4">
      <h2 id="quarantine" className="font-bold text-xl">
        Quarantine
      </h2>
      <div className="flex flex-wrap items-end gap-4">
        <fieldset className="max-sm:w-full">
          <legend className="sr-only">Which events</legend>
          <Strip>
            {STATUSES.map((each) => (
              <button
                key={each}
                type="button"
                className="tab"
                aria-pressed={each === status}
                onClick={() =>
                  void navigate({
                    search: { reason, status: each === "waiting" ? undefined : each },
                    replace: true,
                  })
                }
              >
                {each.replace(/^./, (first) => first.toUpperCase())}
              </button>
            ))}
          </Strip>{" "}
        </fieldset>
        <label className="flex min-w-0 flex-col gap-1 text-quiet text-sm">
          Reason
          <select
            className="field w-auto max-w-full text-base text-ink"
            value={reason ?? ""}
            onChange={(event) =>
              void navigate({
                search: {
                  reason: event.target.value || undefined,
                  status: status === "waiting" ? undefined : status,
                },
                replace: true,
              })
            }
          >
            <option value="">Any reason</option>
            {known.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      </div>
      {asked.isPending ? (
        <Loading label="the quarantine">
          <RowsShape />
        </Loading>
      ) : asked.isError && !asked.data ? (
        <Failure what="the quarantine" error={asked.error} retry={() => void asked.refetch()} />
      ) : events.length === 0 ? (
        <Empty title={status === "waiting" ? "Nothing waits" : "Nothing here"}>
          {status === "waiting" && !reason
            ? "Events that fail a check of the definition are kept here, and count only when somebody accepts them."
            : "No event of this kind is in quarantine."}
        </Empty>
      ) : (
        <>
          <p className="text-quiet">
            {(asked.data?.pages[0]?.total ?? 0).toLocaleString("en")}{" "}
            {asked.data?.pages[0]?.total === 1 ? "event" : "events"}
          </p>
          <ul className="card divide-y divide-line" aria-label="Events in quarantine">
            {events.map((event) => (
              <Doubtful
                key={event.seq}
                game={game}
                event={event}
                judge={(verdict) => setStep(stepOf(game, event, verdict))}
              />
            ))}
          </ul>
        </>
      )}
      {asked.hasNextPage && (
        <ActionButton
          className="button self-start"
          busy={asked.isFetchingNextPage}
          onClick={() => void asked.fetchNextPage()}
        >
          {asked.isFetchingNextPage ? "Loading…" : "Older events"}
        </ActionButton>
      )}
      {step && <Confirm step={step} close={() => setStep(null)} />}
    </section>
  );
}

type Verdict = "accept" | "refuse";
type DoubtfulProps = {
  readonly game: string;
  readonly event: Quarantined;
  readonly judge: (verdict: Verdict) => void;
};

function Doubtful({ game, event, judge }: DoubtfulProps) {
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 grow basis-72">
        <p className="font-medium">{event.reason}</p>
        <p className="text-quiet text-sm">
          {event.type} · {shownTime(event.at)} · match{" "}
          {event.match_known ? (
            <Link
              to="/g/$game/m/$match"
              params={{ game, match: event.match }}
              className="text-link underline"
            >
              {event.match}
            </Link>
          ) : (
            <span title="None of its events counts yet">{event.match}</span>
          )}
        </p>
        <details className="text-sm">
          <summary className="text-quiet">The event</summary>
          <pre className="mt-1 max-h-72 overflow-auto whitespace-pre-wrap break-all">
            {JSON.stringify({ id: event.id, ...event.body }, null, 2)}
          </pre>
        </details>
      </div>
      {event.status === "waiting" ? (
        <div className="flex gap-2">
          <button
            type="button"
            className="button"
            aria-label={`Accept event ${event.id}`}
            onClick={() => judge("accept")}
          >
            Accept
          </button>
          <button
            type="button"
            className="button button-danger"
            aria-label={`Refuse event ${event.id}`}
            onClick={() => judge("refuse")}
          >
            Refuse
          </button>
        </div>
      ) : (
        <Link
          to="/manage/$game/$section"
          params={{ game, section: "corrections" }}
          className="text-link underline"
        >
          {event.status} by correction {event.correction}
        </Link>
      )}
    </li>
  );
}

function stepOf(game: string, event: Quarantined, verdict: Verdict): Step {
  const params = (dryRun: boolean) => ({
    params: { path: { game, quarantine: event.seq }, query: { dry_run: dryRun } },
  });
  return verdict === "accept"
    ? {
        title: `Accept event ${event.id}`,
        verb: "Accept it",
        dangerous: false,
        send: (reason, dryRun) =>
          answered(
            api.POST("/v1/games/{game}/quarantine/{quarantine}/accept", {
              ...params(dryRun),
              body: { reason },
            }),
          ),
      }
    : {
        title: `Refuse event ${event.id}`,
        verb: "Refuse it",
        dangerous: true,
        send: (reason, dryRun) =>
          answered(
            api.POST("/v1/games/{game}/quarantine/{quarantine}/refuse", {
              ...params(dryRun),
              body: { reason },
            }),
          ),
      };
}

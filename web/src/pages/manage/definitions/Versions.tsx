import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { Dialog } from "@/shared/dialog/Dialog";
import { ActionButton } from "@/shared/form/ActionButton";
import { Outcome } from "@/shared/form/Outcome";
import { shownTime } from "@/shared/format/numbers";
import { Failure, Loading, QueryStates, Skeleton } from "@/shared/states/States";
import { Changes } from "./Changes";

type Version = Schemas["VersionAnswer"];

export function Versions({ game }: { readonly game: string }) {
  const [compared, setCompared] = useState<Version | null>(null);
  const [restored, setRestored] = useState<Version | null>(null);
  const versions = useQuery({
    queryKey: ["manage", game, "versions"],
    queryFn: () => answered(api.GET("/v1/games/{game}/definition/versions", { params: { path: { game } } })),
  });
  return (
    <section aria-labelledby="versions" className="flex flex-col gap-4">
      <h2 id="versions" className="font-bold text-xl">
        Versions
      </h2>
      <QueryStates query={versions} what="versions" skeleton={<Skeleton className="h-32" />}>
        {(data) => (
          <ul className="card divide-y divide-line">
            {data.versions.map((one) => (
              <li key={one.version} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
                <span className="min-w-0 grow basis-60">
                  <span className="font-medium">Version {one.version}</span>
                  <span className="block text-quiet text-sm">
                    {shownTime(one.created_at)}, {one.actor ?? "the server"}
                    {one.restores !== null && ` · brought back version ${one.restores}`}
                  </span>
                </span>
                {one.in_force && (
                  <span className="rounded-full border border-up px-2 text-sm text-up">in force</span>
                )}
                {one.version > 1 && (
                  <button
                    type="button"
                    className="button"
                    aria-label={`What changed in version ${one.version}`}
                    onClick={() => setCompared(one)}
                  >
                    What changed
                  </button>
                )}
                {!one.in_force && (
                  <button
                    type="button"
                    className="button"
                    aria-label={`Restore version ${one.version}`}
                    onClick={() => setRestored(one)}
                  >
                    Restore
                  </button>
                )}
              </li>
            ))}
          </ul>
        )}
      </QueryStates>
      {compared && <Difference game={game} version={compared} close={() => setCompared(null)} />}
      {restored && <Restore game={game} version={restored} close={() => setRestored(null)} />}
    </section>
  );
}

type OneProps = { readonly game: string; readonly version: Version; readonly close: () => void };

function Difference({ game, version, close }: OneProps) {
  const diff = useQuery({
    queryKey: ["manage", game, "diff", version.version],
    queryFn: () =>
      answered(
        api.GET("/v1/games/{game}/definition/diff", {
          params: { path: { game }, query: { to: version.version } },
        }),
      ),
  });
  return (
    <Dialog title={`What version ${version.version} changed`} close={close}>
      <QueryStates query={diff} what="the difference" skeleton={<Skeleton className="h-40" />}>
        {(data) => (
          <div className="flex flex-col gap-4">
            <ul className="list-disc pl-6">
              {data.changes.map((one) => (
                <li key={`${one.table}/${one.key}/${one.text}`}>
                  <code>{one.table ? `[${one.table}]` : ""}</code> <code>{one.key}</code> {one.text}
                </li>
              ))}
              {data.changes.length === 0 && <li>Nothing that counts.</li>}
            </ul>
            <pre
              className="max-h-96 overflow-auto rounded-lg border border-line bg-ground p-3 text-sm"
              tabIndex={0}
              role="region"
              aria-label="The difference of the files"
            >
              {data.text.split("\n").map((line, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
                <span key={at} className={`block ${colourOf(line)}`}>
                  {line || " "}
                </span>
              ))}
            </pre>
          </div>
        )}
      </QueryStates>
    </Dialog>
  );
}

function colourOf(line: string): string {
  if (line.startsWith("+")) return "text-up";
  if (line.startsWith("-")) return "text-down";
  return line.startsWith("@@") ? "text-link" : "";
}

function Restore({ game, version, close }: OneProps) {
  const queries = useQueryClient();
  const send = (dryRun: boolean) =>
    answered(
      api.POST("/v1/games/{game}/definition/versions/{version}/restore", {
        params: { path: { game, version: version.version }, query: { dry_run: dryRun } },
      }),
    );
  const effect = useQuery({
    queryKey: ["effect", game, "restore", version.version],
    queryFn: () => send(true),
    gcTime: 0,
    retry: false,
  });
  const restore = useMutation({
    mutationFn: () => send(false),
    onSuccess: () => {
      void queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "effect" });
      close();
    },
  });
  return (
    <Dialog title={`Restore version ${version.version}`} close={close}>
      {effect.isPending ? (
        <Loading label="the effect">
          <p className="mb-3 text-quiet">Working out what would change…</p>
          <Skeleton className="h-40" />
        </Loading>
      ) : effect.isError ? (
        <Failure what="the effect" error={effect.error} retry={() => void effect.refetch()} />
      ) : (
        <div className="flex flex-col gap-4">
          <Changes put={effect.data} />
          <Outcome error={restore.error} />
          <ActionButton
            className="button button-primary self-start"
            busy={restore.isPending}
            disabled={effect.data.problems.length > 0}
            onClick={() => restore.mutate()}
          >
            {restore.isPending ? "Putting it in force…" : "Restore it, as a new version"}
          </ActionButton>
        </div>
      )}
    </Dialog>
  );
}

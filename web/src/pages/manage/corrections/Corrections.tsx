import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { ActionButton } from "@/shared/form/ActionButton";
import { shownTime } from "@/shared/format/numbers";
import { RowsShape } from "@/shared/states/Shapes";
import { Empty, Failure, Loading } from "@/shared/states/States";
import { Confirm } from "./Confirm";
import { CorrectionForm } from "./CorrectionForm";
import { subjectOf } from "./effect";
import { undoCorrection } from "./told";

const PAGE = 30;

type Correction = Schemas["CorrectionAnswer"];

const KINDS: Readonly<Record<Correction["kind"], string>> = {
  void: "Voided",
  ban: "Banned",
  merge: "Merged",
  accept: "Accepted",
  refuse: "Refused",
};

export function Corrections({ game }: { readonly game: string }) {
  const [undone, setUndone] = useState<Correction | null>(null);
  const asked = useInfiniteQuery({
    queryKey: ["manage", game, "corrections"],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/v1/games/{game}/corrections", {
          params: { path: { game }, query: { limit: PAGE, offset: pageParam } },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => {
      const read = pages.reduce((sum, each) => sum + each.corrections.length, 0);
      return read < page.total ? read : null;
    },
  });
  const corrections = asked.data?.pages.flatMap((page) => page.corrections) ?? [];
  return (
    <div className="flex flex-col gap-8">
      <CorrectionForm game={game} />
      <section aria-labelledby="made" className="flex flex-col gap-4">
        <h2 id="made" className="font-bold text-xl">
          Corrections made
        </h2>
        {asked.isPending ? (
          <Loading label="corrections">
            <RowsShape rows={3} />
          </Loading>
        ) : asked.isError && !asked.data ? (
          <Failure what="corrections" error={asked.error} retry={() => void asked.refetch()} />
        ) : corrections.length === 0 ? (
          <Empty title="Nothing was corrected yet">
            Every correction is kept with who made it, when and why, and can be undone.
          </Empty>
        ) : (
          <ul className="card divide-y divide-line" aria-label="Corrections">
            {corrections.map((one) => (
              <li key={one.correction} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
                <div className={`min-w-0 grow basis-72 ${one.undone ? "text-quiet" : ""}`}>
                  <p>
                    <span className="font-medium">{KINDS[one.kind]}</span>{" "}
                    <bdi>{subjectOf(one.kind, one.subject)}</bdi>
                    {one.game === null && <span className="text-quiet"> (in every game)</span>}
                  </p>
                  <p>“{one.reason}”</p>
                  <p className="text-quiet text-sm">
                    {one.actor}, {shownTime(one.at)} · number {one.correction}
                  </p>
                  {one.undone && (
                    <p className="text-sm">
                      Undone by {one.undone.by}, {shownTime(one.undone.at)}: “{one.undone.reason}”
                    </p>
                  )}
                </div>
                {!one.undone && (
                  <button
                    type="button"
                    className="button"
                    aria-label={`Undo correction ${one.correction}`}
                    onClick={() => setUndone(one)}
                  >
                    Undo
                  </button>
                )}
              </li>
            ))}
          </ul>
        )}
        {asked.hasNextPage && (
          <ActionButton
            className="button self-start"
            busy={asked.isFetchingNextPage}
            onClick={() => void asked.fetchNextPage()}
          >
            {asked.isFetchingNextPage ? "Loading…" : "Earlier corrections"}
          </ActionButton>
        )}
      </section>
      {undone && (
        <Confirm
          step={{
            title: `Undo correction ${undone.correction}`,
            verb: "Undo it",
            dangerous: false,
            send: (reason, dryRun) => undoCorrection(game, undone.correction, reason, dryRun),
          }}
          close={() => setUndone(null)}
        />
      )}
    </div>
  );
}

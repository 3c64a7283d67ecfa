import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { ApiProblem } from "@/api/client";
import { Dialog } from "@/shared/dialog/Dialog";
import { ActionButton } from "@/shared/form/ActionButton";
import { Outcome } from "@/shared/form/Outcome";
import { Failure, Loading, Skeleton } from "@/shared/states/States";
import { Effects } from "./Effects";
import type { Told } from "./told";

/** Something that changes what counts: the same call tries it and does it. */
export type Step = {
  readonly title: string;
  /** The word on the button: “Void the match”. */
  readonly verb: string;
  readonly dangerous: boolean;
  readonly send: (reason: string, dryRun: boolean) => Promise<Told>;
};

const REHEARSAL_REASON = "Looking at the effect";
const LONGEST_REASON = 500;

type ConfirmProps = { readonly step: Step; readonly close: () => void; readonly done?: () => void };

/** First what would change, then the reason, then it is done. */
export function Confirm({ step, close, done }: ConfirmProps) {
  const queries = useQueryClient();
  const id = useId();
  const [reason, setReason] = useState("");
  const effect = useQuery({
    queryKey: ["effect", id],
    queryFn: () => step.send(REHEARSAL_REASON, true),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });
  const carryOut = useMutation({
    mutationFn: () => step.send(reason.trim(), false),
    onSuccess: () => {
      void queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "effect" });
      done?.();
    },
  });
  if (carryOut.isSuccess) {
    const made = carryOut.data.correction;
    return (
      <Dialog title={step.title} close={close}>
        <p role="status" className="text-up">
          Done{made ? `: correction ${made.correction}` : ""}. It can be undone under Corrections.
        </p>
      </Dialog>
    );
  }
  return (
    <Dialog title={step.title} close={close}>
      {effect.isPending ? (
        <Loading label="the effect">
          <p className="mb-3 text-quiet">Working out what would change…</p>
          <Skeleton className="h-40" />
        </Loading>
      ) : effect.error instanceof ApiProblem && effect.error.status >= 400 && effect.error.status < 500 ? (
        <p role="alert">
          <span className="font-semibold text-down">This cannot be done:</span> {effect.error.message}
        </p>
      ) : effect.isError ? (
        <Failure what="the effect" error={effect.error} retry={() => void effect.refetch()} />
      ) : (
        <form
          className="flex flex-col gap-5"
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            carryOut.mutate();
          }}
        >
          <Effects effects={effect.data.effects} />
          <div className="flex flex-col gap-1">
            <label htmlFor={id} className="text-quiet text-sm">
              Why (kept with it, and shown to those who manage)
            </label>
            <textarea
              id={id}
              className="field py-2"
              rows={2}
              required
              maxLength={LONGEST_REASON}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </div>
          <Outcome error={carryOut.error} />
          <div className="flex flex-wrap gap-3">
            <ActionButton
              type="submit"
              className={`button ${step.dangerous ? "button-danger" : "button-primary"}`}
              busy={carryOut.isPending}
              disabled={!reason.trim()}
            >
              {carryOut.isPending ? "One moment…" : step.verb}
            </ActionButton>
            <button type="button" className="button" onClick={close}>
              Leave it
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { ApiProblem, answered, api, type Schemas } from "@/api/client";
import { ActionButton } from "@/shared/form/ActionButton";
import { Outcome } from "@/shared/form/Outcome";
import { QueryStates, Skeleton } from "@/shared/states/States";
import { Changes } from "./Changes";
import { Editor, goToLine } from "./Editor";
import { Measuring } from "./Measuring";
import { lineOf, type Mistake } from "./places";
import { Versions } from "./Versions";

type Put = Schemas["PutDefinition"];

/** The game's file: looked at, changed with the change shown first, and its versions. */
export function Definition({ game }: { readonly game: string }) {
  const source = useQuery({
    queryKey: ["manage", game, "definition"],
    queryFn: () =>
      answered(
        api.GET("/v1/games/{game}/definition", { params: { path: { game } }, parseAs: "text" }),
      ) as Promise<string>,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div className="flex flex-col gap-8">
      <QueryStates query={source} what="definition" skeleton={<Skeleton className="h-[60dvh]" />}>
        {(text) => <Change game={game} inForce={text} />}
      </QueryStates>
      <Versions game={game} />
    </div>
  );
}

type ChangeProps = { readonly game: string; readonly inForce: string };

function Change({ game, inForce }: ChangeProps) {
  const queries = useQueryClient();
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(inForce);
  const [begunFrom, setBegunFrom] = useState(inForce);
  const [checked, setChecked] = useState<string | null>(null);
  const isOvertaken = inForce !== begunFrom && text !== begunFrom && text !== inForce;
  useEffect(() => {
    if (isOvertaken || inForce === begunFrom) return; // what somebody is changing is theirs
    setText(inForce);
    setBegunFrom(inForce);
    setChecked(null);
  }, [inForce, begunFrom, isOvertaken]);
  const send = (dryRun: boolean): Promise<Put> =>
    answered(
      api.PUT("/v1/games/{game}/definition", {
        params: { path: { game }, query: { dry_run: dryRun } },
        body: text,
        bodySerializer: (body: string) => body,
        headers: { "Content-Type": "application/toml" },
      }),
    );
  const check = useMutation({ mutationFn: () => send(true), onSettled: () => setChecked(text) });
  const apply = useMutation({
    mutationFn: () => send(false),
    onSuccess: () => {
      check.reset();
      setChecked(null);
      void queries.invalidateQueries();
    },
  });
  const mistakes = useMemo(() => mistakesOf(check.error ?? apply.error), [check.error, apply.error]);
  const placed = mistakes.map((one) => ({ ...one, line: lineOf(checked ?? text, one) }));
  const isFresh = checked === text;
  const isSame = text === inForce;
  const mayApply = isFresh && check.data !== undefined && check.data.problems.length === 0 && !isSame;
  const other = mistakes.length === 0 ? (check.error ?? apply.error) : undefined;
  return (
    <section aria-labelledby={`${id}-title`} className="flex flex-col gap-4">
      <h2 id={`${id}-title`} className="font-bold text-xl">
        Definition
      </h2>
      {isOvertaken && (
        <p role="status" className="card border-link px-4 py-3">
          Another version has come into force since you began. Your changes are kept: putting them in force
          undoes what it changed.
        </p>
      )}
      <Editor
        id={id}
        label={`Definition of ${game}, TOML`}
        value={text}
        wrong={new Set(isFresh ? placed.map((one) => one.line) : [])}
        area={area}
        change={setText}
      />
      <div className="flex flex-wrap items-center gap-3">
        <ActionButton
          className="button button-primary"
          busy={check.isPending || apply.isPending}
          onClick={() => {
            apply.reset();
            check.mutate();
          }}
        >
          {check.isPending ? "Checking…" : "Check"}
        </ActionButton>
        <ActionButton
          className="button"
          aria-describedby={`${id}-apply`}
          busy={apply.isPending}
          disabled={!mayApply}
          onClick={() => apply.mutate()}
        >
          {apply.isPending ? "Putting it in force…" : "Put in force"}
        </ActionButton>
        {!isSame && (
          <button
            type="button"
            className="button"
            onClick={() => {
              setText(inForce);
              check.reset();
            }}
          >
            Throw away my changes
          </button>
        )}
        <span id={`${id}-apply`} className="text-quiet text-sm">
          {isSame
            ? "This is what is in force."
            : mayApply
              ? "Checked: it can be put in force."
              : "Check it first: nothing is changed by that."}
        </span>
      </div>
      {check.isPending && <Measuring />}
      <Outcome
        error={other}
        done={
          apply.data
            ? apply.data.job
              ? `Job ${apply.data.job.id} fills what is new; until it has ended the version before is in force.`
              : `Version ${apply.data.version} is in force.`
            : undefined
        }
      />
      {isFresh && placed.length > 0 && (
        <section role="alert" className="card flex flex-col gap-2 p-5">
          <h3 className="font-semibold text-down">
            {placed.length} {placed.length === 1 ? "mistake" : "mistakes"}
          </h3>
          <ul className="flex flex-col gap-2">
            {placed.map((one) => (
              <li key={`${one.table}/${one.key}/${one.message}`}>
                <button
                  type="button"
                  className="text-left text-link underline"
                  onClick={() => area.current && goToLine(area.current, one.line)}
                >
                  Line {one.line}
                </button>{" "}
                {one.table && <code>[{one.table}]</code>} {one.key && <code>{one.key}</code>} {one.message}
                {one.mend && <span className="text-quiet"> ({one.mend})</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {isFresh && check.data && <Changes put={check.data} />}
    </section>
  );
}

/** The mistakes that a refusal lists. */
function mistakesOf(error: unknown): readonly Mistake[] {
  if (!(error instanceof ApiProblem) || !Array.isArray(error.body.problems)) return [];
  return (error.body.problems as Partial<Mistake>[]).map((one) => ({
    table: one.table ?? "",
    key: one.key ?? null,
    message: one.message ?? "",
    mend: one.mend ?? "",
  }));
}

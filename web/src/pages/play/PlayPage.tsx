import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type FormEvent, useId, useRef, useState } from "react";
import { ApiProblem, answered, api, type Schemas } from "@/api/client";
import { gameQuery } from "@/api/games";
import { ActionButton } from "@/shared/form/ActionButton";
import { Field } from "@/shared/form/Field";
import { Outcome } from "@/shared/form/Outcome";
import { sessionToken, useSession } from "@/shared/session";
import { usePageTitle } from "@/shared/shell/title";
import { Empty, QueryStates, Skeleton } from "@/shared/states/States";
import { RankCard } from "./RankCard";

const route = getRouteApi("/g/$game/play");

/** Where players send what the game lets them report of themselves. */
export function PlayPage() {
  const { game } = route.useParams();
  const whole = useQuery(gameQuery(game));
  const session = useSession((store) => store.session);
  usePageTitle(`Submit a score · ${whole.data?.title ?? game}`);
  return (
    <div className="mx-auto flex max-w-2xl flex-col gap-6">
      <header>
        <Link to="/g/$game" params={{ game }} className="text-link hover:underline">
          {whole.data?.title ?? game}
        </Link>
        <h1 className="font-bold text-2xl">Submit a score</h1>
      </header>
      <QueryStates query={whole} what="game" skeleton={<Skeleton className="h-72" />}>
        {(data) => {
          const opened = data.events.filter((event) => data.submit.includes(event.name));
          if (!session) {
            return (
              <Empty title="Log in to submit a score">
                <Link to="/me" className="text-link underline">
                  Log in, or make an account
                </Link>
              </Empty>
            );
          }
          if (opened.length === 0) {
            return (
              <Empty title="Only the game reports its scores">
                Its definition opens no event to players.
              </Empty>
            );
          }
          return (
            <>
              <RankCard whole={data} player={session.player} />
              {opened.map((event) => (
                <ScoreForm key={event.name} game={game} event={event} />
              ))}
            </>
          );
        }}
      </QueryStates>
    </div>
  );
}

type ScoreFormProps = { readonly game: string; readonly event: Schemas["EventAnswer"] };

function ScoreForm({ game, event }: ScoreFormProps) {
  const queries = useQueryClient();
  const fields = event.fields.filter((field) => field.required && field.type !== "player");
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  // The same for every attempt at the same score: one whose answer was lost must not count twice.
  const id = useRef(freshId());
  const send = useMutation({
    mutationFn: async () => {
      const given = Object.fromEntries(
        fields.map((field) => {
          const text = values[field.name] ?? String(field.choices[0] ?? "");
          return [field.name, /^(int|float)/.test(field.type) ? Number(text) : text];
        }),
      );
      const body = { type: event.name, id: id.current, ...given };
      const receipt = (await answered(
        api.POST("/v1/games/{game}/events", {
          params: { path: { game } },
          body: body as never,
          headers: { Authorization: `Bearer ${await sessionToken()}` }, // a key of this tab is no player
        }),
      )) as Schemas["Receipt"];
      const refused = receipt.rejected[0];
      if (refused) throw new ApiProblem(400, "Refused", refused.error);
      if (receipt.quarantined > 0)
        throw new ApiProblem(400, "Doubtful", "It was set aside: a manager will look at it.");
    },
    onSuccess: () => {
      id.current = freshId();
      void queries.invalidateQueries();
    },
  });
  return (
    <form
      className="card flex flex-col gap-4 p-6"
      aria-label={event.title || event.name}
      onSubmit={(submitted: FormEvent) => {
        submitted.preventDefault();
        send.mutate();
      }}
    >
      {fields.map((field) => {
        const label = field.name.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
        const set = (value: string) => {
          id.current = freshId();
          setValues((before) => ({ ...before, [field.name]: value }));
        };
        if (field.choices.length > 0) {
          return (
            <Choice
              key={field.name}
              label={label}
              choices={field.choices.map(String)}
              value={values[field.name] ?? String(field.choices[0])}
              choose={set}
            />
          );
        }
        const isNumber = /^(int|float)/.test(field.type);
        return (
          <Field
            key={field.name}
            label={label}
            required
            type={isNumber ? "number" : "text"}
            step={field.type.startsWith("int") ? 1 : "any"}
            value={values[field.name] ?? ""}
            onChange={(changed) => set(changed.target.value)}
          />
        );
      })}
      <Outcome error={send.error} done={send.isSuccess ? "Counted" : undefined} />
      <ActionButton type="submit" className="button button-primary self-start" busy={send.isPending}>
        {send.isPending ? "Sending…" : "Submit"}
      </ActionButton>
    </form>
  );
}

/** Browsers have `randomUUID` on encrypted pages only. */
function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

type ChoiceProps = {
  readonly label: string;
  readonly choices: readonly string[];
  readonly value: string;
  readonly choose: (value: string) => void;
};

function Choice({ label, choices, value, choose }: ChoiceProps) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-quiet text-sm">
        {label}
      </label>
      <select id={id} className="field" value={value} onChange={(changed) => choose(changed.target.value)}>
        {choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    </div>
  );
}

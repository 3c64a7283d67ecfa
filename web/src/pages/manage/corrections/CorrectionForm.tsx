import { getRouteApi } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { answered, api } from "@/api/client";
import { Field } from "@/shared/form/Field";
import { Confirm, type Step } from "./Confirm";

const route = getRouteApi("/manage/$game/$section");

const WAYS = {
  match: { title: "Void a match", text: "None of its events count, nor what still comes of it." },
  event: { title: "Void one event", text: "It stays in the log and counts no more." },
  span: {
    title: "Void a player's matches",
    text: "Every match in which the player has an event in the span.",
  },
  ban: { title: "Ban a player", text: "Off every board and count of this game; what they did stays." },
  unban: { title: "End a ban", text: "Back on the boards, as if never banned." },
  merge: {
    title: "Merge two players",
    text: "One counts as the other from now on, in every game that shares the players.",
  },
} as const;

type Way = keyof typeof WAYS;
type Given = Readonly<Record<"match" | "event" | "player" | "into" | "from" | "to", string>>;

/** Says what is to be corrected; its effect is shown before anything is done. */
export function CorrectionForm({ game }: { readonly game: string }) {
  const search = route.useSearch();
  const id = useId();
  const [way, setWay] = useState<Way>(search.event ? "event" : search.player ? "ban" : "match");
  const [given, setGiven] = useState<Given>({
    match: search.match ?? "",
    event: search.event ?? "",
    player: search.player ?? "",
    into: "",
    from: "",
    to: "",
  });
  const [step, setStep] = useState<Step | null>(null);
  const input = (name: keyof Given) => ({
    value: given[name],
    onChange: (event: { target: { value: string } }) =>
      setGiven((before) => ({ ...before, [name]: event.target.value })),
  });
  const isOfPlayer = way === "span" || way === "ban" || way === "unban" || way === "merge";
  return (
    <section aria-labelledby="correct" className="card flex flex-col gap-4 p-6">
      <h2 id="correct" className="font-bold text-xl">
        Correct
      </h2>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          setStep(stepOf(game, way, given));
        }}
      >
        <div className="flex flex-col gap-1">
          <label htmlFor={id} className="text-quiet text-sm">
            What to do
          </label>
          <select
            id={id}
            className="field max-w-xl"
            aria-describedby={`${id}-text`}
            value={way}
            onChange={(event) => setWay(event.target.value as Way)}
          >
            {(Object.keys(WAYS) as Way[]).map((each) => (
              <option key={each} value={each}>
                {WAYS[each].title}
              </option>
            ))}
          </select>
          <p id={`${id}-text`} className="text-quiet text-sm">
            {WAYS[way].text}
          </p>
        </div>
        <div className="grid gap-4 sm:grid-cols-2">
          {way === "event" && <Field label="Event" required maxLength={128} {...input("event")} />}
          {(way === "match" || way === "event") && (
            <Field
              label={way === "event" ? "Match (makes it quicker to find)" : "Match"}
              required={way === "match"}
              maxLength={128}
              {...input("match")}
            />
          )}
          {isOfPlayer && (
            <Field
              label={way === "merge" ? "Player who goes" : "Player (the id by which games know them)"}
              required
              maxLength={128}
              {...input("player")}
            />
          )}
          {way === "merge" && (
            <Field label="Counts as, and stays" required maxLength={128} {...input("into")} />
          )}
        </div>
        {way === "span" && (
          <div className="grid gap-4 sm:grid-cols-2">
            <Field
              label="From (your local time; empty: from the beginning)"
              type="datetime-local"
              {...input("from")}
            />
            <Field label="To (empty: until now)" type="datetime-local" {...input("to")} />
          </div>
        )}
        <button type="submit" className="button button-primary self-start">
          Show the effect
        </button>
      </form>
      {step && <Confirm step={step} close={() => setStep(null)} />}
    </section>
  );
}

function stepOf(game: string, way: Way, given: Given): Step {
  const title =
    way === "match"
      ? `Void match ${given.match}`
      : way === "event"
        ? `Void event ${given.event}`
        : `${WAYS[way].title}: ${given.player}`;
  const base = { title, verb: WAYS[way].title, dangerous: way !== "unban" };
  if (way === "unban") {
    return {
      ...base,
      send: (reason, dryRun) =>
        answered(
          api.DELETE("/v1/players/{player}/ban", {
            params: { path: { player: given.player }, query: { game, reason, dry_run: dryRun } },
          }),
        ),
    };
  }
  return {
    ...base,
    send: (reason, dryRun) =>
      answered(
        api.POST("/v1/games/{game}/corrections", {
          params: { path: { game }, query: { dry_run: dryRun } },
          body: { ...asked(way, given), reason },
        }),
      ),
  };
}

function asked(way: Exclude<Way, "unban">, given: Given) {
  if (way === "ban") return { kind: "ban" as const, player: given.player };
  if (way === "merge") return { kind: "merge" as const, player: given.player, into: given.into };
  const kind = "void" as const;
  if (way === "match") return { kind, match: given.match };
  if (way === "event") return { kind, event: given.event, ...(given.match ? { match: given.match } : {}) };
  return {
    kind,
    player: given.player,
    ...(given.from ? { from: new Date(given.from).toISOString() } : {}),
    ...(given.to ? { to: new Date(given.to).toISOString() } : {}),
  };
}

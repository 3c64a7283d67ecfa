import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { Dialog } from "@/shared/dialog/Dialog";
import { ActionButton } from "@/shared/form/ActionButton";
import { Field } from "@/shared/form/Field";
import { Outcome } from "@/shared/form/Outcome";
import { shownTime } from "@/shared/format/numbers";
import { RowsShape } from "@/shared/states/Shapes";
import { Empty, QueryStates } from "@/shared/states/States";

type Season = Schemas["SeasonAnswer"];

export function Seasons({ game }: { readonly game: string }) {
  const [edited, setEdited] = useState<Season | "new" | null>(null);
  const seasons = useQuery({
    queryKey: ["manage", game, "seasons"],
    queryFn: () => answered(api.GET("/v1/games/{game}/seasons", { params: { path: { game } } })),
  });
  return (
    <section aria-labelledby="seasons" className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <h2 id="seasons" className="mr-auto font-bold text-xl">
          Seasons
        </h2>
        <button type="button" className="button button-primary" onClick={() => setEdited("new")}>
          Make a season
        </button>
      </div>
      <QueryStates
        query={seasons}
        what="seasons"
        skeleton={<RowsShape rows={3} />}
        isEmpty={(data) => data.seasons.length === 0}
        empty={
          <Empty title="No season yet">
            Sheets with the window “season” count in one as soon as it is there, what was played before too.
          </Empty>
        }
      >
        {(data) => (
          <ul className="card divide-y divide-line">
            {[...data.seasons].reverse().map((season) => (
              <li key={season.name} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
                <span className="min-w-0 grow basis-60">
                  <span className="font-medium">{season.title}</span>{" "}
                  <code className="text-quiet text-sm">{season.name}</code>
                  <span className="block text-quiet text-sm">
                    {shownTime(season.starts_at)} to {shownTime(season.ends_at)}
                  </span>
                </span>
                {season.open && (
                  <span className="rounded-full border border-up px-2 text-sm text-up">open now</span>
                )}
                <button
                  type="button"
                  className="button"
                  aria-label={`Change ${season.title}`}
                  onClick={() => setEdited(season)}
                >
                  Change
                </button>
              </li>
            ))}
          </ul>
        )}
      </QueryStates>
      {edited && (
        <SeasonForm game={game} season={edited === "new" ? null : edited} close={() => setEdited(null)} />
      )}
    </section>
  );
}

type SeasonFormProps = { readonly game: string; readonly season: Season | null; readonly close: () => void };

function SeasonForm({ game, season, close }: SeasonFormProps) {
  const queries = useQueryClient();
  const [name, setName] = useState(season?.name ?? "");
  const [title, setTitle] = useState(season?.title ?? "");
  const [starts, setStarts] = useState(season ? asInput(season.starts_at) : "");
  const [ends, setEnds] = useState(season ? asInput(season.ends_at) : "");
  const save = useMutation({
    mutationFn: () => {
      const dates = { starts_at: asMoment(starts), ends_at: asMoment(ends) };
      return season
        ? answered(
            api.PATCH("/v1/games/{game}/seasons/{season}", {
              params: { path: { game, season: season.name } },
              body: { title, ...dates },
            }),
          )
        : answered(
            api.POST("/v1/games/{game}/seasons", {
              params: { path: { game } },
              body: { name, ...(title ? { title } : {}), ...dates },
            }),
          );
    },
    onSuccess: () => {
      void queries.invalidateQueries();
      close();
    },
  });
  return (
    <Dialog title={season ? `Change ${season.title}` : "Make a season"} close={close}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        {!season && (
          <Field
            label="Name"
            hint="Small letters, digits and _; it is part of addresses: spring_2026."
            required
            pattern="[a-z][a-z0-9_]{0,39}"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
        <Field
          label="Title"
          hint="As boards show it."
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label="Begins (your local time)"
            type="datetime-local"
            required
            value={starts}
            onChange={(event) => setStarts(event.target.value)}
          />
          <Field
            label="Ends (the first moment after it)"
            type="datetime-local"
            required
            value={ends}
            onChange={(event) => setEnds(event.target.value)}
          />
        </div>
        {season && (
          <p className="text-quiet text-sm">
            Its rows follow its dates: what happened between them is counted, from the log.
          </p>
        )}
        <Outcome error={save.error} />
        <ActionButton type="submit" className="button button-primary self-start" busy={save.isPending}>
          {save.isPending ? "Counting…" : season ? "Save" : "Make it"}
        </ActionButton>
      </form>
    </Dialog>
  );
}

/** A moment as the browser's own control has it: local time, to the minute. */
function asInput(moment: string): string {
  const date = new Date(moment);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function asMoment(input: string): string {
  return new Date(input).toISOString();
}

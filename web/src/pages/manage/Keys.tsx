import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { gamesQuery } from "@/api/games";
import { Dialog } from "@/shared/dialog/Dialog";
import { ActionButton } from "@/shared/form/ActionButton";
import { Field } from "@/shared/form/Field";
import { Outcome } from "@/shared/form/Outcome";
import { shownAge, shownTime } from "@/shared/format/numbers";
import { RowsShape } from "@/shared/states/Shapes";
import { Empty, QueryStates } from "@/shared/states/States";

type Key = Schemas["server_auth_api_KeyAnswer"];
type Scope = Schemas["NewKey"]["scopes"][number];

const SCOPES: Readonly<Record<Scope, string>> = {
  "events:write": "report events and profiles",
  "awards:write": "grant awards by hand",
  read: "read what is not public",
  manage: "manage the game",
};

export function Keys() {
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const keys = useQuery({ queryKey: ["manage", "keys"], queryFn: () => answered(api.GET("/v1/keys")) });
  return (
    <section aria-labelledby="keys" className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <h2 id="keys" className="mr-auto font-bold text-xl">
          Keys
        </h2>
        <button type="button" className="button button-primary" onClick={() => setMaking(true)}>
          Make a key
        </button>
      </div>
      <QueryStates
        query={keys}
        what="keys"
        skeleton={<RowsShape rows={4} />}
        isEmpty={(data) => data.keys.length === 0}
        empty={<Empty title="No keys yet">A game server needs one to report events.</Empty>}
      >
        {(data) => (
          <ul className="card divide-y divide-line">
            {[...data.keys].reverse().map((key) => (
              <li key={key.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
                <span className="min-w-0 grow basis-60">
                  <span className="font-medium">{key.label}</span>{" "}
                  <code className="text-quiet text-sm">{key.id}</code>
                  <span className="block text-quiet text-sm">
                    {key.games ? key.games.join(", ") : "all games"} · {key.scopes.join(", ")} · made by{" "}
                    {key.made_by} on {shownTime(key.created_at)} ·{" "}
                    {key.last_used_at ? `used ${shownAge(key.last_used_at)}` : "never used"}
                    {key.per_minute ? ` · ${key.per_minute.toLocaleString("en")} a minute` : ""}
                  </span>
                </span>
                {key.revoked_at ? (
                  <span className="text-quiet">Revoked {shownAge(key.revoked_at)}</span>
                ) : (
                  <button
                    type="button"
                    className="button button-danger"
                    aria-label={`Revoke ${key.label}`}
                    onClick={() => setRevoking(key)}
                  >
                    Revoke
                  </button>
                )}
              </li>
            ))}
          </ul>
        )}
      </QueryStates>
      {making && <MakeKey close={() => setMaking(false)} />}
      {revoking && <RevokeKey revoked={revoking} close={() => setRevoking(null)} />}
    </section>
  );
}

function MakeKey({ close }: { readonly close: () => void }) {
  const queries = useQueryClient();
  const games = useQuery(gamesQuery());
  const [label, setLabel] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [scopes, setScopes] = useState<readonly Scope[]>(["events:write"]);
  const make = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/v1/keys", {
          body: { label, games: chosen.length > 0 ? [...chosen] : null, scopes: [...scopes] },
        }),
      ),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["manage", "keys"] }),
  });
  if (make.data) return <ShownOnce made={make.data} close={close} />;
  return (
    <Dialog title="Make a key" close={close}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Field
          label="What it is for"
          hint="As you will know it in this list: “golf server, Frankfurt”."
          required
          maxLength={200}
          value={label}
          onChange={(event) => setLabel(event.target.value)}
        />
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 text-quiet text-sm">What it may do</legend>
          {(Object.keys(SCOPES) as Scope[]).map((scope) => (
            <label key={scope} className="flex items-center gap-2">
              <input
                type="checkbox"
                className="size-4 accent-(--link)"
                checked={scopes.includes(scope)}
                onChange={() => setScopes(toggled(scopes, scope))}
              />
              <code>{scope}</code> <span className="text-quiet">{SCOPES[scope]}</span>
            </label>
          ))}
        </fieldset>
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 text-quiet text-sm">In which games (none chosen: in all of them)</legend>
          {games.data?.games.map(({ game, title }) => (
            <label key={game} className="flex items-center gap-2">
              <input
                type="checkbox"
                className="size-4 accent-(--link)"
                checked={chosen.includes(game)}
                onChange={() => setChosen(toggled(chosen, game))}
              />
              {title}
            </label>
          ))}
        </fieldset>
        <Outcome error={make.error} />
        <ActionButton
          type="submit"
          className="button button-primary self-start"
          busy={make.isPending}
          disabled={scopes.length === 0}
        >
          Make the key
        </ActionButton>
      </form>
    </Dialog>
  );
}

function ShownOnce({ made, close }: { readonly made: Schemas["MadeKey"]; readonly close: () => void }) {
  const [said, setSaid] = useState("");
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(made.key);
      setSaid("Copied");
    } catch {
      setSaid("The browser does not let us copy: select it and copy it yourself.");
    }
  }
  return (
    <Dialog title="The key" close={close}>
      <div className="flex flex-col gap-4">
        <p>Keep it now: it is shown here and never again.</p>
        <code className="select-all break-all rounded-lg border border-line bg-ground p-4">{made.key}</code>
        <div className="flex flex-wrap items-center gap-3">
          <button type="button" className="button button-primary" onClick={() => void copy()}>
            Copy
          </button>
          <span role="status" className="text-up">
            {said}
          </span>
        </div>
      </div>
    </Dialog>
  );
}

function RevokeKey({ revoked, close }: { readonly revoked: Key; readonly close: () => void }) {
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => answered(api.DELETE("/v1/keys/{key}", { params: { path: { key: revoked.id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["manage", "keys"] });
      close();
    },
  });
  return (
    <Dialog title={`Revoke “${revoked.label}”`} close={close}>
      <div className="flex flex-col gap-4">
        <p>
          Whoever uses it is turned away from now on. It cannot be taken back; a new key can be made.{" "}
          {revoked.last_used_at
            ? `It was last used ${shownAge(revoked.last_used_at)}.`
            : "It was never used."}
        </p>
        <Outcome error={revoke.error} />
        <ActionButton
          className="button button-danger self-start"
          busy={revoke.isPending}
          onClick={() => revoke.mutate()}
        >
          Revoke it
        </ActionButton>
      </div>
    </Dialog>
  );
}

function toggled<T>(all: readonly T[], one: T): readonly T[] {
  return all.includes(one) ? all.filter((each) => each !== one) : [...all, one];
}

import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import { type Caller, may, useCaller } from "@/api/caller";
import { ApiProblem } from "@/api/client";
import { Field } from "@/shared/form/Field";
import { Outcome } from "@/shared/form/Outcome";
import { useSession, useTabKey } from "@/shared/session";
import { CardsShape, HeadShape, TabsShape } from "@/shared/states/Shapes";
import { Failure, Loading } from "@/shared/states/States";

type GateProps = { readonly game?: string; readonly children: (caller: Caller) => ReactNode };

/** Lets those in who may manage something; tells the others what they need. */
export function Gate({ game, children }: GateProps) {
  const caller = useCaller();
  const key = useTabKey((store) => store.key);
  if (caller.isPending) {
    return (
      <Loading label="your rights">
        <div className="flex flex-col gap-4">
          <HeadShape />
          <TabsShape tabs={4} />
          <CardsShape lines={2} />
        </div>
      </Loading>
    );
  }
  if (caller.isError) {
    const isBad = caller.error instanceof ApiProblem && caller.error.status === 401;
    if (!isBad)
      return <Failure what="your rights" error={caller.error} retry={() => void caller.refetch()} />;
    return <Needed said={key ? `This key is not good: ${caller.error.message}` : caller.error.message} />;
  }
  const lets = (["moderation", "manage", "keys", "seasons"] as const).some((right) =>
    may(caller.data, right, game),
  );
  if (!lets) {
    const nobody = caller.data.kind === "anonymous";
    const where = game ? ` of ${game}` : "";
    return <Needed said={nobody ? "" : `You are known as ${caller.data.name}, without a right${where}.`} />;
  }
  return (
    <>
      {key && <KeyInUse name={caller.data.name} />}
      {children(caller.data)}
    </>
  );
}

function Needed({ said }: { readonly said: string }) {
  const session = useSession((store) => store.session);
  const key = useTabKey((store) => store.key);
  return (
    <div className="mx-auto flex max-w-2xl flex-col gap-6">
      <h1 className="font-bold text-2xl">Manage</h1>
      <p className="text-quiet">
        For those who run games: managers (seasons, quarantine, corrections), developers (all of that and the
        definition, in their games) and admins. An admin gives roles with{" "}
        <code>PATCH /v1/accounts/{"{player}"}</code>.
      </p>
      {said && (
        <p role="alert" className="text-down">
          {said}
        </p>
      )}
      {!session && (
        <Link to="/me" className="button button-primary self-start">
          Log in
        </Link>
      )}
      <KeyForm />
      {key && <LayDown />}
    </div>
  );
}

function KeyForm() {
  const set = useTabKey((store) => store.set);
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const [error, setError] = useState("");
  function onSubmit(event: FormEvent): void {
    event.preventDefault();
    const given = text.trim();
    // What a header cannot carry is no key; the browser would refuse to send it.
    if (!/^[\x21-\x7e]+$/.test(given)) {
      setError("A key has letters, digits and signs only, and no spaces.");
      return;
    }
    setError("");
    setText("");
    set(given);
    void queries.invalidateQueries();
  }
  return (
    <form className="card flex flex-col gap-4 p-6" onSubmit={onSubmit}>
      <h2 className="font-semibold text-lg">Or use an API key</h2>
      <Field
        label="API key"
        hint="Kept for this browser tab only, and sent to this server alone."
        type="password"
        required
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Outcome error={error || undefined} />
      <button type="submit" className="button self-start">
        Use this key
      </button>
    </form>
  );
}

function LayDown() {
  const set = useTabKey((store) => store.set);
  const queries = useQueryClient();
  return (
    <button
      type="button"
      className="button self-start"
      onClick={() => {
        set(null);
        void queries.invalidateQueries();
      }}
    >
      Forget the key
    </button>
  );
}

function KeyInUse({ name }: { readonly name: string }) {
  return (
    <div className="mb-4 flex flex-wrap items-center justify-between gap-3 rounded-lg border border-line px-4 py-2 text-sm">
      <span>
        This tab acts as <code>{name}</code>, by an API key.
      </span>
      <LayDown />
    </div>
  );
}

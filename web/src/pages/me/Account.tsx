import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answered, api, type Schemas } from "@/api/client";
import { ActionButton } from "@/shared/form/ActionButton";
import { Field } from "@/shared/form/Field";
import { Outcome } from "@/shared/form/Outcome";
import { shownTime } from "@/shared/format/numbers";
import { type Session, useSession } from "@/shared/session";
import { QueryStates, Skeleton } from "@/shared/states/States";
import { begin, end } from "./account";
import { Leave } from "./Leave";

export function Account({ session }: { readonly session: Session }) {
  const me = useQuery({ queryKey: ["me", session.player], queryFn: () => answered(api.GET("/v1/me")) });
  return (
    <div className="mx-auto flex max-w-2xl flex-col gap-8">
      <header className="flex flex-wrap items-center justify-between gap-4">
        <h1 className="font-bold text-2xl">
          <bdi>{session.name}</bdi>
        </h1>
        <div className="flex gap-2">
          <Link to="/p/$player" params={{ player: session.player }} className="button">
            My profile
          </Link>
          <button type="button" className="button" onClick={() => void end()}>
            Log out
          </button>
        </div>
      </header>
      <QueryStates query={me} what="your account" skeleton={<Skeleton className="h-80" />}>
        {(data) => (
          <>
            <ProfileForm me={data} />
            {data.account && <PasswordForm />}
            <section aria-labelledby="facts" className="card p-6">
              <h2 id="facts" className="mb-3 font-semibold text-lg">
                Account
              </h2>
              <dl className="grid grid-cols-[max-content_1fr] gap-x-6 gap-y-2">
                <dt className="text-quiet">Id in games</dt>
                <dd>
                  <code>{data.player}</code>
                </dd>
                {data.account && (
                  <>
                    <dt className="text-quiet">Address</dt>
                    <dd>{data.account.address}</dd>
                    <dt className="text-quiet">Joined</dt>
                    <dd>{shownTime(data.account.joined_at)}</dd>
                    <dt className="text-quiet">Roles</dt>
                    <dd>{data.account.roles.join(", ") || "player"}</dd>
                  </>
                )}
              </dl>
            </section>
            <Leave player={data.player} hasPassword={data.account !== null} />
          </>
        )}
      </QueryStates>
    </div>
  );
}

function ProfileForm({ me }: { readonly me: Schemas["Me"] }) {
  const queries = useQueryClient();
  const [name, setName] = useState(me.name ?? "");
  const [region, setRegion] = useState(me.region ?? "");
  const [avatar, setAvatar] = useState(me.avatar ?? "");
  const change = useMutation({
    mutationFn: () =>
      answered(
        api.PATCH("/v1/me", { body: { name: name || null, region: region || null, avatar: avatar || null } }),
      ),
    onSuccess: () => {
      const { session, set } = useSession.getState();
      if (session) set({ ...session, name: name || me.player });
      void queries.invalidateQueries();
    },
  });
  return (
    <section aria-labelledby="profile" className="card p-6">
      <h2 id="profile" className="mb-3 font-semibold text-lg">
        Profile
      </h2>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <Field
          label="Name"
          maxLength={128}
          autoComplete="nickname"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          label="Region"
          hint="Puts you on the boards of your region."
          maxLength={64}
          value={region}
          onChange={(event) => setRegion(event.target.value)}
        />
        <Field
          label="Picture"
          hint="Its address, beginning with https://."
          type="url"
          value={avatar}
          onChange={(event) => setAvatar(event.target.value)}
        />
        <Outcome error={change.error} done={change.isSuccess ? "Saved" : undefined} />
        <ActionButton type="submit" className="button button-primary self-start" busy={change.isPending}>
          Save
        </ActionButton>
      </form>
    </section>
  );
}

function PasswordForm() {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const change = useMutation({
    // The session of before has ended with the old password: this goes on with a new one.
    mutationFn: async () =>
      begin(await answered(api.POST("/v1/auth/password", { body: { old, new: fresh } }))),
    onSuccess: () => {
      setOld("");
      setFresh("");
    },
  });
  return (
    <section aria-labelledby="password" className="card p-6">
      <h2 id="password" className="mb-3 font-semibold text-lg">
        Password
      </h2>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <Field
          label="Now"
          type="password"
          required
          autoComplete="current-password"
          value={old}
          onChange={(event) => setOld(event.target.value)}
        />
        <Field
          label="New"
          type="password"
          required
          autoComplete="new-password"
          value={fresh}
          onChange={(event) => setFresh(event.target.value)}
        />
        <Outcome
          error={change.error}
          done={change.isSuccess ? "Changed; every other device is logged out" : undefined}
        />
        <ActionButton type="submit" className="button self-start" busy={change.isPending}>
          Change it
        </ActionButton>
      </form>
    </section>
  );
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { answered, api } from "@/api/client";
import { waysQuery } from "@/api/ways";
import { ActionButton } from "@/shared/form/ActionButton";
import { Field } from "@/shared/form/Field";
import { Outcome } from "@/shared/form/Outcome";
import { begin } from "./account";
import { DISCORD, expectReturn, finishReturn } from "./discord";

type Way = "log in" | "register";

const LEAST_PASSWORD = 8;

export function LogIn() {
  const [way, setWay] = useState<Way>("log in");
  const [address, setAddress] = useState("");
  const [password, setPassword] = useState("");
  const [name, setName] = useState("");
  const ways = useQuery(waysQuery).data;
  const returned = useMutation({ mutationFn: finishReturn });
  const takeReturn = returned.mutate;
  useEffect(() => takeReturn(), [takeReturn]);
  const enter = useMutation({
    mutationFn: async () => {
      if (way === "register") {
        await answered(
          api.POST("/v1/auth/register", { body: { address, password, ...(name ? { name } : {}) } }),
        );
      }
      await begin(await answered(api.POST("/v1/auth/login", { body: { address, password } })));
    },
  });
  return (
    <div className="mx-auto flex max-w-md flex-col gap-6">
      <h1 className="font-bold text-2xl">{way === "log in" ? "Log in" : "Make an account"}</h1>
      {ways?.registration !== false && (
        <fieldset className="flex gap-2">
          <legend className="sr-only">Do you have an account?</legend>
          {(["log in", "register"] as const).map((each) => (
            <button
              key={each}
              type="button"
              className="tab"
              aria-pressed={way === each}
              onClick={() => setWay(each)}
            >
              {each === "log in" ? "I have an account" : "I am new"}
            </button>
          ))}
        </fieldset>
      )}
      <form
        className="card flex flex-col gap-4 p-6"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          enter.mutate();
        }}
      >
        {way === "register" && (
          <Field
            label="Name"
            hint="As boards show it; you can change it later."
            autoComplete="nickname"
            maxLength={128}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
        <Field
          label="Email address"
          type="email"
          required
          autoComplete="email"
          value={address}
          onChange={(event) => setAddress(event.target.value)}
        />
        <Field
          label="Password"
          type="password"
          required
          minLength={way === "register" ? LEAST_PASSWORD : 1}
          autoComplete={way === "register" ? "new-password" : "current-password"}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Outcome error={enter.error} />
        <ActionButton type="submit" className="button button-primary" busy={enter.isPending}>
          {enter.isPending ? "One moment…" : way === "log in" ? "Log in" : "Make the account"}
        </ActionButton>
      </form>
      {ways?.discord && (
        <div className="flex flex-col gap-3 text-center">
          <p className="text-quiet">or</p>
          <a href={DISCORD} className="button justify-center" onClick={expectReturn}>
            Continue with Discord
          </a>
        </div>
      )}
      <Outcome error={returned.error} />
    </div>
  );
}

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, api } from "@/api/client";
import { Dialog } from "@/shared/dialog/Dialog";
import { ActionButton } from "@/shared/form/ActionButton";
import { Field } from "@/shared/form/Field";
import { Outcome } from "@/shared/form/Outcome";
import { useSession } from "@/shared/session";
import { collect } from "./account";

type LeaveProps = { readonly player: string; readonly hasPassword: boolean };
type Step = "deactivate" | "delete";

const SAYS: Readonly<Record<Step, { title: string; text: string; button: string }>> = {
  deactivate: {
    title: "Step off every board",
    text: "Nobody sees you on boards or lists any more. Logging in again brings everything back.",
    button: "Deactivate",
  },
  delete: {
    title: "Delete me",
    text: "Your name, profile and account are gone for good. What you played stays in the log as a number that nobody knows.",
    button: "Delete for ever",
  },
};

/** One's own data: take it along, hide it, delete it. */
export function Leave({ player, hasPassword }: LeaveProps) {
  const [step, setStep] = useState<Step | null>(null);
  const take = useMutation({
    mutationFn: () => collect(player),
    onSuccess: (file) => download(file, player),
  });
  return (
    <section aria-labelledby="data" className="card flex flex-col gap-4 p-6">
      <h2 id="data" className="font-semibold text-lg">
        Privacy and data
      </h2>
      <div className="flex flex-wrap gap-2">
        <ActionButton className="button" busy={take.isPending} onClick={() => take.mutate()}>
          {take.isPending ? "Collecting…" : "Export my data"}
        </ActionButton>
        <button type="button" className="button" onClick={() => setStep("deactivate")}>
          Deactivate
        </button>
        <button type="button" className="button button-danger" onClick={() => setStep("delete")}>
          Delete my account
        </button>
      </div>
      <Outcome error={take.error} />
      {step && <Confirm step={step} hasPassword={hasPassword} close={() => setStep(null)} />}
    </section>
  );
}

type ConfirmProps = { readonly step: Step; readonly hasPassword: boolean; readonly close: () => void };

function Confirm({ step, hasPassword, close }: ConfirmProps) {
  const [password, setPassword] = useState("");
  const leave = useMutation({
    mutationFn: async () => {
      const body = hasPassword ? { password } : {};
      if (step === "delete") await answered(api.DELETE("/v1/me", { body }));
      else await answered(api.POST("/v1/me/deactivate"));
    },
    onSuccess: () => useSession.getState().set(null),
  });
  const says = SAYS[step];
  return (
    <Dialog title={says.title} close={close}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          leave.mutate();
        }}
      >
        <p>{says.text}</p>
        {hasPassword && step === "delete" && (
          <Field
            label="Password"
            type="password"
            required
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
        <Outcome error={leave.error} />
        <ActionButton type="submit" className="button button-danger self-start" busy={leave.isPending}>
          {says.button}
        </ActionButton>
      </form>
    </Dialog>
  );
}

function download(file: Blob, player: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `kleos-${player}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}

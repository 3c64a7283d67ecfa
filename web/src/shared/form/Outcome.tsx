/** What became of a form: said aloud, whether it went well or not. */
export function Outcome({ error, done }: { readonly error?: unknown; readonly done?: string | undefined }) {
  if (error) {
    return (
      <p role="alert" className="text-down">
        {error instanceof Error ? error.message : String(error)}
      </p>
    );
  }
  return (
    <p role="status" className="text-up">
      {done ?? ""}
    </p>
  );
}

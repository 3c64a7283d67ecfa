import type { Schemas } from "@/api/client";

/** What a change of the definition would do, measured. */
export function Changes({ put }: { readonly put: Schemas["PutDefinition"] }) {
  const { changes, problems, preview } = put;
  if (changes.length === 0 && problems.length === 0) {
    return <p role="status">Nothing that counts changes.</p>;
  }
  return (
    <section aria-label="What would change" role="status" className="card flex flex-col gap-4 p-5">
      {problems.length > 0 && (
        <div>
          <h3 className="font-semibold text-down">This change is not possible</h3>
          <ul className="list-disc pl-6">
            {problems.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </div>
      )}
      <div>
        <h3 className="font-semibold">What changes in the file</h3>
        <ul className="list-disc pl-6">
          {changes.map((one) => (
            <li key={`${one.table}/${one.key}/${one.text}`}>
              <code>{one.table ? `[${one.table}]` : ""}</code> <code>{one.key}</code> {one.text}
            </li>
          ))}
        </ul>
      </div>
      {preview && <Measured preview={preview} />}
    </section>
  );
}

const SIGN = { gained: "+", lost: "−", changed: "~" } as const;

function Measured({ preview }: { readonly preview: Schemas["Preview"] }) {
  const part = preview.measured < preview.players;
  // What is counted anew and comes out as it was would drown what does not.
  const boards = preview.boards.filter((one) => one.kind !== "changed" || one.before !== one.after);
  const achievements = preview.achievements.filter(
    (one) => one.kind !== "changed" || one.gained + one.lost + one.redated > 0,
  );
  const same = preview.boards.length - boards.length + preview.achievements.length - achievements.length;
  return (
    <>
      {preview.columns.length > 0 && (
        <div>
          <h3 className="font-semibold">Columns</h3>
          <ul>
            {preview.columns.map((one) => (
              <li key={`${one.sheet}/${one.column}`}>
                {one.sheet}.{one.column}: {one.kind}{" "}
                <span className="text-quiet">({one.rows?.toLocaleString("en") ?? "?"} rows)</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {boards.length > 0 && (
        <div>
          <h3 className="font-semibold">Boards</h3>
          <ul>
            {boards.map((one) => (
              <li key={one.board}>
                {SIGN[one.kind]} {one.board}{" "}
                <span className="text-quiet">
                  {one.before ?? "–"} → {one.after ?? "–"} standings
                  {one.examples.length > 0 &&
                    `, first ${one.examples.map((each) => `${each.rank}. ${each.player} (${each.value})`).join(", ")}`}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {achievements.length > 0 && (
        <div>
          <h3 className="font-semibold">Achievements</h3>
          <ul>
            {achievements.map((one) => (
              <li key={one.achievement}>
                {SIGN[one.kind]} {one.achievement}{" "}
                <span className="text-quiet">
                  {one.gained.toLocaleString("en")} gain it, {one.lost.toLocaleString("en")} lose it,{" "}
                  {one.redated.toLocaleString("en")} at another time
                  {one.examples.length > 0 &&
                    ` (${one.examples.map((each) => `${each.player} ${each.effect}`).join(", ")})`}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
      <p className="text-quiet text-sm">
        {preview.cost.events > 0
          ? `${preview.cost.events.toLocaleString("en")} events are folded, in about ${Math.max(1, Math.round(preview.cost.seconds))} s, beside serving.`
          : "Nothing has to be folded anew."}
        {same > 0 && ` ${same} boards and achievements are counted anew and come out as they are.`}
        {part &&
          ` Measured among ${preview.measured.toLocaleString("en")} of ${preview.players.toLocaleString("en")} players.`}
      </p>
    </>
  );
}

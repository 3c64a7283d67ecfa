import { useEffect, useState } from "react";
import { shownDuration } from "@/shared/format/numbers";
import { RowsShape } from "@/shared/states/Shapes";

const SECOND_MS = 1_000;

/** While a change is measured, which takes the longer the more has been played. */
export function Measuring() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), SECOND_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <section aria-label="Being checked" className="flex flex-col gap-3">
      <p role="status" className="text-quiet">
        The file is read, and what it would change is measured on the events that there are. Nothing changes
        by that, and games go on meanwhile.
      </p>
      {seconds > 0 && (
        <p role="timer" className="text-quiet text-sm">
          {shownDuration(seconds)} so far
        </p>
      )}
      <RowsShape rows={3} />
    </section>
  );
}

/** How far a row has just moved: an arrow, a number and a word for who does not see them. */
export function Movement({ by }: { readonly by: number }) {
  if (by === 0) return <span className="w-10" />;
  const up = by > 0;
  return (
    <span className={`w-10 text-sm ${up ? "text-up" : "text-down"}`}>
      <span aria-hidden="true">{up ? "▲" : "▼"}</span>
      <span className="sr-only">{up ? "up" : "down"}</span> {Math.abs(by)}
    </span>
  );
}

const MEDALS = ["bg-gold", "bg-silver", "bg-bronze"] as const;

/** A rank; the first three carry a medal. */
export function Medal({ rank }: { readonly rank: number }) {
  const medal = MEDALS[rank - 1];
  return (
    <span
      className={`inline-grid h-7 min-w-7 shrink-0 place-items-center rounded-full px-1 text-sm ${
        medal ? `${medal} font-bold text-on-medal` : "text-quiet"
      }`}
    >
      {rank}
    </span>
  );
}

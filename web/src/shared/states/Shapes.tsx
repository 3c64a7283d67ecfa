import { Skeleton } from "./States";

const upTo = (count: number) => [...Array(count).keys()];

/** A list on a card, before its lines are there. */
export function RowsShape({ rows = 5, round = false }: { readonly rows?: number; readonly round?: boolean }) {
  return (
    <div aria-hidden="true" className="card divide-y divide-line">
      {upTo(rows).map((at) => (
        <div key={at} className="flex h-13 items-center gap-4 px-4">
          {round && <Skeleton round className="size-7 shrink-0" />}
          <Skeleton className={`h-4 ${at % 2 === 0 ? "w-2/5" : "w-1/3"}`} />
          <Skeleton className="ml-auto h-4 w-16" />
        </div>
      ))}
    </div>
  );
}

/** What a page is about: where it belongs, its name, a line of text. */
export function HeadShape() {
  return (
    <div aria-hidden="true" className="flex flex-col gap-2">
      <Skeleton className="h-4 w-28" />
      <Skeleton className="h-8 w-64 max-w-full" />
      <Skeleton className="h-4 w-48" />
    </div>
  );
}

/** Tabs, as many as there usually are. */
export function TabsShape({ tabs = 5 }: { readonly tabs?: number }) {
  return (
    <div aria-hidden="true" className="flex gap-2 overflow-hidden">
      {upTo(tabs).map((at) => (
        <Skeleton key={at} round className="h-10 w-24 shrink-0" />
      ))}
    </div>
  );
}

type CardsShapeProps = { readonly cards?: number; readonly lines?: number; readonly className?: string };

/** Cards beside each other, each with a heading and some lines. */
export function CardsShape({
  cards = 6,
  lines = 4,
  className = "md:grid-cols-2 xl:grid-cols-3",
}: CardsShapeProps) {
  return (
    <div aria-hidden="true" className={`grid gap-4 ${className}`}>
      {upTo(cards).map((at) => (
        <div key={at} className="card flex flex-col gap-4 p-5">
          <Skeleton className="h-5 w-1/2" />
          {upTo(lines).map((line) => (
            <div key={line} className="flex justify-between gap-4">
              <Skeleton className="h-4 w-2/5" />
              <Skeleton className="h-4 w-12" />
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}

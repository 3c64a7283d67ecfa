import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answered, api, type Schemas } from "@/api/client";
import { gameQuery } from "@/api/games";
import { Dialog } from "@/shared/dialog/Dialog";
import { ActionButton } from "@/shared/form/ActionButton";
import { shownTime, shownValue, shownWithUnit } from "@/shared/format/numbers";
import { QueryStates, Skeleton } from "@/shared/states/States";
import type { Cell } from "./cell";

const AT_ONCE = 50;

type WhyDialogProps = { readonly cell: Cell; readonly label: string; readonly close: () => void };

/** The events behind one number, oldest first, each with what it gave. */
export function WhyDialog({ cell, label, close }: WhyDialogProps) {
  const asked = useInfiniteQuery({
    queryKey: ["explain", cell],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/v1/games/{game}/explain", {
          params: {
            path: { game: cell.game },
            query: {
              sheet: cell.sheet,
              column: cell.column,
              ...(cell.window ? { window: cell.window } : {}),
              ...(cell.asOf ? { as_of: cell.asOf } : {}),
              limit: AT_ONCE,
              offset: pageParam,
              ...cell.key,
            },
          },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (last) => last.cells.find((each) => each.next !== null)?.next ?? null,
  });
  return (
    <Dialog title={label} close={close}>
      <QueryStates
        query={asked as never}
        what="the events behind this number"
        skeleton={<Skeleton className="h-40" />}
      >
        {() => <Pages pages={asked.data?.pages ?? []} game={cell.game} />}
      </QueryStates>
      {asked.hasNextPage && (
        <ActionButton
          className="button mt-4"
          busy={asked.isFetchingNextPage}
          onClick={() => void asked.fetchNextPage()}
        >
          {asked.isFetchingNextPage ? "Loading…" : "More"}
        </ActionButton>
      )}
    </Dialog>
  );
}

type PagesProps = { readonly pages: readonly Schemas["Explanation"][]; readonly game: string };

function Pages({ pages, game }: PagesProps) {
  const first = pages[0];
  if (!first) return null;
  return (
    <div className="flex flex-col gap-6">
      <p>
        <strong className="text-3xl">{shownWithUnit(first.value, first)}</strong>
        {first.formula && <span className="text-quiet"> = {first.formula}</span>}
      </p>
      {first.cells.map((cell) => {
        const contributions = pages.flatMap(
          (page) => page.cells.find((each) => each.column === cell.column)?.contributions ?? [],
        );
        return (
          <CellTable
            key={cell.column}
            cell={cell}
            contributions={contributions}
            game={game}
            isPart={first.formula !== null}
          />
        );
      })}
    </div>
  );
}

/** What happened, as the definition calls it. */
function titleOf(one: Schemas["ContributionShown"], titles: ReadonlyMap<string, string>): string {
  const name = one.type ?? one.achievement ?? "award";
  return titles.get(name) || name.replaceAll("_", " ");
}

type CellTableProps = {
  readonly cell: Schemas["CellShown"];
  readonly contributions: readonly Schemas["ContributionShown"][];
  readonly game: string;
  /** Of a number that is computed from several. */
  readonly isPart: boolean;
};

function CellTable({ cell, contributions, game, isPart }: CellTableProps) {
  const deciding = cell.deciding;
  const whole = useQuery(gameQuery(game)).data;
  const titles = new Map(whole?.events.map((event) => [event.name, event.title]));
  return (
    <section aria-label={cell.title}>
      {isPart && (
        <h3 className="font-semibold">
          {cell.title}: {shownWithUnit(cell.value, cell)}
        </h3>
      )}
      {deciding && (
        <p className="text-quiet text-sm">
          Decided by the event of {shownTime(deciding.at)} ({shownValue(deciding.given, cell)})
        </p>
      )}
      {contributions.length === 0 ? (
        <p className="text-quiet">No event has given anything to it yet.</p>
      ) : (
        <div className="mt-2 overflow-x-auto" tabIndex={0} role="region" aria-label={`${cell.title}: events`}>
          <table className="w-full text-left text-sm">
            <thead className="text-quiet">
              <tr>
                <th className="py-1 pr-3 font-normal sm:pr-4">When</th>
                <th className="py-1 pr-3 font-normal sm:pr-4">What happened</th>
                <th className="py-1 pr-3 text-right font-normal sm:pr-4">Gave</th>
                <th className="py-1 text-right font-normal">Then</th>
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {contributions.map((one, at) => (
                <tr key={`${one.event ?? one.achievement}/${one.position ?? at}`}>
                  <td className="py-1.5 pr-3 sm:whitespace-nowrap sm:pr-4">{shownTime(one.at)}</td>
                  <td className="py-1 pr-3 sm:pr-4">
                    {one.match ? (
                      <Link
                        to="/g/$game/m/$match"
                        params={{ game, match: one.match }}
                        className="text-link underline"
                      >
                        {titleOf(one, titles)}
                      </Link>
                    ) : (
                      titleOf(one, titles)
                    )}
                  </td>
                  <td className="py-1 pr-3 text-right sm:pr-4">{shownValue(one.given, cell)}</td>
                  <td className="py-1 text-right">{shownValue(one.value, cell)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

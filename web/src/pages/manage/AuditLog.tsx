import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "@/api/client";
import { ActionButton } from "@/shared/form/ActionButton";
import { Field } from "@/shared/form/Field";
import { shownTime } from "@/shared/format/numbers";
import { RowsShape } from "@/shared/states/Shapes";
import { Empty, Failure, Loading } from "@/shared/states/States";

const PAGE = 50;

/** Who changed what, when and from where. */
export function AuditLog() {
  const [action, setAction] = useState("");
  const [actor, setActor] = useState("");
  const asked = useInfiniteQuery({
    queryKey: ["manage", "audit", action, actor],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/v1/audit", {
          params: {
            query: {
              limit: PAGE,
              ...(action ? { action } : {}),
              ...(actor ? { actor } : {}),
              ...(pageParam ? { before: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
  });
  const entries = asked.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <section aria-labelledby="audit" className="flex flex-col gap-4">
      <h2 id="audit" className="font-bold text-xl">
        Audit log
      </h2>
      <search className="grid gap-3 sm:grid-cols-2">
        <Field
          label="What was done"
          placeholder="key, season.made, correction…"
          maxLength={50}
          value={action}
          onChange={(event) => setAction(event.target.value)}
        />
        <Field
          label="By whom"
          placeholder="admin, account:1, key:…"
          maxLength={200}
          value={actor}
          onChange={(event) => setActor(event.target.value)}
        />
      </search>
      {asked.isPending ? (
        <Loading label="the audit log">
          <RowsShape rows={8} />
        </Loading>
      ) : asked.isError && !asked.data ? (
        <Failure what="the audit log" error={asked.error} retry={() => void asked.refetch()} />
      ) : entries.length === 0 ? (
        <Empty title={action || actor ? "Nothing like that was done" : "Nothing was changed yet"} />
      ) : (
        <div className="card overflow-x-auto" role="region" aria-label="Audit log: table" tabIndex={0}>
          <table className="w-full text-left">
            <thead className="text-quiet text-sm">
              <tr>
                {["When", "Who", "Did", "To what", "Game", "From"].map((title) => (
                  <th key={title} scope="col" className="px-4 py-2 font-normal">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {entries.map((entry) => (
                <tr key={entry.seq} className="align-top">
                  <td className="whitespace-nowrap px-4 py-2">{shownTime(entry.at)}</td>
                  <td className="px-4 py-2">{entry.actor}</td>
                  <td className="px-4 py-2">
                    {entry.action}
                    {Object.keys(entry.detail).length > 0 && (
                      <span className="block text-quiet text-sm">
                        {Object.entries(entry.detail)
                          .map(
                            ([name, value]) =>
                              `${name.replaceAll("_", " ")}: ${typeof value === "string" ? value : Array.isArray(value) ? value.join(", ") : JSON.stringify(value)}`,
                          )
                          .join("; ")}
                      </span>
                    )}
                  </td>
                  <td className="px-4 py-2">{entry.subject}</td>
                  <td className="px-4 py-2">{entry.game ?? "–"}</td>
                  <td className="px-4 py-2 text-quiet">{entry.address ?? "–"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {asked.hasNextPage && (
        <ActionButton
          className="button self-start"
          busy={asked.isFetchingNextPage}
          onClick={() => void asked.fetchNextPage()}
        >
          {asked.isFetchingNextPage ? "Loading…" : "What was done before"}
        </ActionButton>
      )}
    </section>
  );
}

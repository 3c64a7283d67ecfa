import { useQueries, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useId, useState } from "react";
import { answered, api } from "@/api/client";
import type { Namespace } from "@/api/players";

const SHOWN = 8;
/** So long nobody types before it is asked for: each question is one of those that a visitor has. */
const TYPING_MS = 150;
const SHARED: readonly Namespace[] = [undefined];

type PlayerFinderProps = {
  readonly label: string;
  readonly placeholder: string;
  /** Where the reader has just asked for it. */
  readonly autoFocus?: boolean;
  /** Whose ids are looked at, the first before the others. */
  readonly namespaces?: readonly Namespace[] | undefined;
  readonly found: (player: string, namespace: Namespace) => void;
  /** Where given, matches are found too, by their whole id. */
  readonly foundMatch?: (game: string, match: string) => void;
};

type Offer = {
  readonly key: string;
  readonly text: string;
  readonly kind: string;
  readonly take: () => void;
};

/** Finds a player by the beginning of a name or id. A combobox, as WAI-ARIA describes it. */
export function PlayerFinder({
  label,
  placeholder,
  autoFocus = false,
  namespaces = SHARED,
  found: take,
  foundMatch,
}: PlayerFinderProps) {
  const [text, setText] = useState("");
  const [sought, setSought] = useState("");
  const [entered, setEntered] = useState(false);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const listId = useId();
  useEffect(() => {
    const timer = setTimeout(() => setSought(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { ofPlayers, ofMatches, looking } = useOffers(sought, namespaces, take, foundMatch);
  const settled = sought === text && !looking;
  const offers = text ? [...ofMatches, ...ofPlayers] : [];

  function go(index: number): void {
    const offer = offers[index];
    const id = text.trim();
    if (!offer && !id) return;
    setOpen(false);
    setText("");
    setSought("");
    if (offer) offer.take();
    else take(id, namespaces[0]);
  }

  // Who knows the name types it and presses Enter: the answer may be still on its way.
  useEffect(() => {
    if (!entered || !settled) return;
    setEntered(false);
    go(active);
  });

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "ArrowDown") setActive((at) => Math.min(at + 1, offers.length - 1));
    else if (event.key === "ArrowUp") setActive((at) => Math.max(at - 1, 0));
    else if (event.key === "Enter") {
      setSought(text);
      setEntered(true);
    } else if (event.key === "Escape") setOpen(false);
    else return;
    event.preventDefault();
  }

  const shown = open && text.length > 0;
  return (
    <search className="relative block">
      <input
        type="search"
        role="combobox"
        aria-label={label}
        aria-expanded={shown}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={shown && offers[active] ? `${listId}-${active}` : undefined}
        className="field"
        // biome-ignore lint/a11y/noAutofocus: it appears because the reader has pressed the button in its place
        autoFocus={autoFocus}
        placeholder={placeholder}
        value={text}
        maxLength={128}
        onChange={(event) => {
          setText(event.target.value);
          setEntered(false);
          setActive(0);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setOpen(false)}
      />
      <div
        id={listId}
        role="listbox"
        aria-label={foundMatch ? "Players and matches" : "Players"}
        hidden={!shown}
        className="card absolute inset-x-0 top-full z-40 mt-1 overflow-hidden py-1 shadow-lg"
      >
        {offers.map((offer, index) => (
          <div
            key={offer.key}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            className={`cursor-pointer truncate px-4 py-2 ${index === active ? "bg-line" : ""}`}
            onMouseEnter={() => setActive(index)}
            onMouseDown={(event) => {
              event.preventDefault();
              go(index);
            }}
          >
            <bdi>{offer.text}</bdi>{" "}
            {offer.kind && <span className="ml-2 text-quiet text-sm">{offer.kind}</span>}
          </div>
        ))}
        {offers.length === 0 && (
          <p className="px-4 py-2 text-quiet">
            {!settled
              ? "Looking…"
              : foundMatch
                ? "No player of this name, no match of this id"
                : "Nobody of this name"}
          </p>
        )}
      </div>
    </search>
  );
}

function useOffers(
  sought: string,
  namespaces: readonly Namespace[],
  take: PlayerFinderProps["found"],
  foundMatch: PlayerFinderProps["foundMatch"],
) {
  const players = useQueries({
    queries: namespaces.map((namespace) => ({
      queryKey: ["players", "search", namespace ?? "", sought],
      queryFn: () =>
        answered(
          api.GET("/v1/players", {
            params: { query: { query: sought, limit: SHOWN, ...(namespace ? { namespace } : {}) } },
          }),
        ),
      enabled: sought.length > 0,
      staleTime: 10_000,
    })),
  });
  const id = sought.trim();
  const matches = useQuery({
    queryKey: ["matches", "search", id],
    queryFn: () => answered(api.GET("/v1/matches", { params: { query: { match: id } } })),
    enabled: foundMatch !== undefined && id.length > 0,
    staleTime: 10_000,
  });
  const ofPlayers: readonly Offer[] = namespaces.flatMap((namespace, at) =>
    (players[at]?.data?.players ?? []).map((one) => ({
      key: `player/${namespace ?? ""}/${one.player}`,
      text: one.name ?? one.player,
      kind: namespaces.length > 1 ? (namespace ?? "") : "",
      take: () => take(one.player, namespace),
    })),
  );
  const ofMatches: readonly Offer[] = (matches.data?.matches ?? []).map((one) => ({
    key: `match/${one.game}/${one.match}`,
    text: one.match,
    kind: `match · ${one.game}`,
    take: () => foundMatch?.(one.game, one.match),
  }));
  const looking = matches.isFetching || players.some((each) => each.isFetching);
  return { ofPlayers, ofMatches, looking };
}

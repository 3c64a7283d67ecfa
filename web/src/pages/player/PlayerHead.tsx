import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { shownCount, shownDay } from "@/shared/format/numbers";
import { Rolling } from "@/shared/format/Rolling";
import { Avatar } from "@/shared/players/Avatar";
import { PlayerFinder } from "@/shared/players/PlayerFinder";
import { useIsOwn, useNamespace } from "@/shared/players/whose";
import { useSession } from "@/shared/session";
import { ShareButton } from "@/shared/share/ShareButton";

const route = getRouteApi("/p/$player");
const whole = (value: unknown) => shownCount(Number(value));

/** Who it is, and what to do with it. */
export function PlayerHead({ profile }: { readonly profile: Schemas["PlayerAnswer"] }) {
  const account = useSession((store) => store.session?.player);
  const { game } = route.useSearch();
  // In a game whose ids are its own, the same id is somebody else.
  const own = useIsOwn()(game) === false ? account : undefined;
  const name = profile.shown_name;
  return (
    <header className="flex flex-wrap items-start gap-x-6 gap-y-4">
      <div className="flex min-w-0 grow basis-80 items-center gap-5">
        <Avatar name={name} avatar={profile.avatar} />
        <div className="min-w-0">
          <h1 className="font-bold text-3xl">
            <bdi>{name}</bdi>
            {own === profile.player && <span className="ml-3 font-normal text-base text-up">you</span>}
          </h1>
          <p className="text-quiet">
            {name !== profile.player && (
              <>
                <bdi>{profile.player}</bdi> ·{" "}
              </>
            )}
            {profile.region && `${profile.region} · `}since {shownDay(profile.created_at)}
          </p>
        </div>
      </div>
      <dl className="flex gap-8">
        <div>
          <dt className="text-quiet text-sm">Gamerscore</dt>
          <dd className="font-bold text-2xl">
            <Rolling value={profile.gamerscore} show={whole} />
          </dd>
        </div>
        <div>
          <dt className="text-quiet text-sm">Awards</dt>
          <dd className="font-bold text-2xl">
            <Rolling value={profile.achievements} show={whole} />
          </dd>
        </div>
      </dl>
      <div className="flex flex-wrap items-center gap-2">
        {own !== undefined && own !== profile.player && (
          <Link
            to="/p/$player/vs/$other"
            params={{ player: own, other: profile.player }}
            search={{ game }}
            className="button"
          >
            Compare with me
          </Link>
        )}
        <Compare player={profile.player} />
        <ShareButton
          title={`${name} on Kleos`}
          path={`/p/${encodeURIComponent(profile.player)}${game ? `?game=${encodeURIComponent(game)}` : ""}`}
        />
      </div>
    </header>
  );
}

function Compare({ player }: { readonly player: string }) {
  const { game } = route.useSearch();
  const namespace = useNamespace(game);
  const navigate = route.useNavigate();
  const [open, setOpen] = useState(false);
  if (!open) {
    return (
      <button type="button" className="button" onClick={() => setOpen(true)}>
        <span aria-hidden="true">⇄</span> Compare
      </button>
    );
  }
  return (
    <div className="w-64">
      <PlayerFinder
        label="Compare with another player"
        placeholder="Compare with…"
        autoFocus
        namespaces={[namespace]}
        found={(other) =>
          void navigate({ to: "/p/$player/vs/$other", params: { player, other }, search: { game } })
        }
      />
    </div>
  );
}

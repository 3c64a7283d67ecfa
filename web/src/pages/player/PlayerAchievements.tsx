import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { achievementsQuery } from "@/api/achievements";
import type { Schemas } from "@/api/client";
import { awardsQuery } from "@/api/players";
import { shownAge, shownPercent, shownValue } from "@/shared/format/numbers";
import { ShareButton } from "@/shared/share/ShareButton";
import { QueryStates, Skeleton } from "@/shared/states/States";

const route = getRouteApi("/p/$player");

type PlayerAchievementsProps = { readonly profile: Schemas["PlayerAnswer"]; readonly game: string };

/** Earned first, then what is still to earn with how far it is; each with how rare it is. */
export function PlayerAchievements({ profile, game }: PlayerAchievementsProps) {
  const { award } = route.useSearch();
  const asked = useQuery(awardsQuery(profile.player, game));
  const all = useQuery(achievementsQuery(game));
  const rates = new Map(all.data?.achievements.map((one) => [one.achievement, one.rate]));
  return (
    <section aria-labelledby="achievements">
      <QueryStates
        query={asked}
        what="achievements"
        skeleton={<Skeleton className="h-72" />}
        isEmpty={(data) => data.achievements.length === 0}
        empty={null}
      >
        {(data) => (
          <>
            <h2 id="achievements" className="mb-1 font-bold text-xl">
              Achievements
            </h2>
            <p className="mb-4 text-quiet">
              {data.earned} of {data.total} earned · {data.points} points
            </p>
            <ul className="grid gap-3 md:grid-cols-2">
              {data.achievements.map((one) => (
                <Achievement
                  key={one.achievement}
                  one={one}
                  profile={profile}
                  rate={rates.get(one.achievement)}
                  isSought={one.achievement === award}
                />
              ))}
            </ul>
          </>
        )}
      </QueryStates>
    </section>
  );
}

type AchievementProps = {
  readonly one: Schemas["PlayerAchievement"];
  readonly profile: Schemas["PlayerAnswer"];
  readonly rate: number | undefined;
  readonly isSought: boolean;
};

function Achievement({ one, profile, rate, isSought }: AchievementProps) {
  const ref = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isSought) ref.current?.scrollIntoView({ block: "center" });
  }, [isSought]);
  const { player, shown_name: name } = profile;
  return (
    <li
      ref={ref}
      className={`card flex gap-4 p-4 ${isSought ? "border-link" : ""}`}
      data-achievement={one.achievement}
    >
      <span aria-hidden="true" className={`text-3xl ${one.earned ? "" : "opacity-60 grayscale"}`}>
        {one.icon || (one.earned ? "🏅" : "🔒")}
      </span>
      <div className="flex min-w-0 grow flex-col gap-1">
        <div className="flex flex-wrap items-baseline justify-between gap-x-3">
          <h3 className="font-semibold">{one.title}</h3>
          <span className="text-quiet text-sm">{one.points} points</span>
        </div>
        <p className="text-quiet text-sm">{one.text || (one.hidden ? "Hidden until it is earned" : "")}</p>
        {one.earned ? (
          <p className="flex flex-wrap items-center gap-x-2 text-sm">
            <span className="text-up">✓ Earned {one.at && shownAge(one.at)}</span>
            {one.match && (
              <Link
                to="/g/$game/m/$match"
                params={{ game: one.game, match: one.match }}
                className="text-link underline"
              >
                in this match
              </Link>
            )}
          </p>
        ) : (
          <Progress one={one} />
        )}
        <div className="mt-auto flex flex-wrap items-center justify-between gap-2 pt-1">
          <span className="text-quiet text-sm">
            {rate === undefined ? "" : `${shownPercent(rate)} of players have it`}
          </span>
          {one.earned && (
            <ShareButton
              title={`${name} earned ${one.title}`}
              path={`/p/${encodeURIComponent(player)}?game=${one.game}&award=${one.achievement}`}
              label="Share"
              isSmall
            />
          )}
        </div>
      </div>
    </li>
  );
}

function Progress({ one }: { readonly one: Schemas["PlayerAchievement"] }) {
  const { progress, target } = one;
  if (typeof progress !== "number" || typeof target !== "number" || target <= 0) {
    return <p className="text-quiet text-sm">Not earned yet</p>;
  }
  const share = Math.max(0, Math.min(100, (100 * progress) / target));
  return (
    <div className="flex items-center gap-3 text-sm">
      <div
        role="progressbar"
        aria-label={`Towards ${one.title}`}
        aria-valuemin={0}
        aria-valuemax={target}
        aria-valuenow={Math.max(0, Math.min(progress, target))}
        className="h-2 grow overflow-hidden rounded-full bg-line"
      >
        <div className="h-full rounded-full bg-link" style={{ width: `${share}%` }} />
      </div>
      <span className="whitespace-nowrap text-quiet">
        {shownValue(progress)} of {shownValue(target)}
      </span>
    </div>
  );
}

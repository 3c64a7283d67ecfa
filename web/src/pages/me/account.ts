import { answered, api, type Schemas } from "@/api/client";
import { type Session, sessionToken, useSession } from "@/shared/session";

/** Logs in with a pair of tokens: reads who that is, and remembers it. */
export async function begin(tokens: Schemas["Tokens"]): Promise<void> {
  const held: Session = {
    player: tokens.player,
    name: tokens.player,
    roles: [],
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    expiresAt: Date.now() + tokens.expires_in * 1000,
  };
  useSession.getState().set(held);
  const me = await answered(api.GET("/v1/me"));
  const now = useSession.getState().session;
  if (now) useSession.getState().set({ ...now, name: me.shown_name, roles: me.account?.roles ?? [] });
}

export async function end(): Promise<void> {
  const { session, set } = useSession.getState();
  if (!session) return;
  // With a token that is still good: an old one would leave the session as it is.
  const held = await sessionToken().catch(() => null);
  const headers = { Authorization: `Bearer ${held ?? session.accessToken}` };
  await fetch("/v1/auth/logout", { method: "POST", headers }).catch(() => undefined);
  set(null);
}

/** Everything that Kleos shows of the player, in one file. */
export async function collect(player: string): Promise<Blob> {
  const path = { player };
  const me = await answered(api.GET("/v1/me"));
  const stats = await answered(api.GET("/v1/players/{player}/stats", { params: { path } }));
  const achievements = await answered(api.GET("/v1/players/{player}/achievements", { params: { path } }));
  const matches: Schemas["Match"][] = [];
  let before: string | null = null;
  do {
    const page: Schemas["Matches"] = await answered(
      api.GET("/v1/players/{player}/matches", {
        params: { path, query: { limit: 500, ...(before ? { before } : {}) } },
      }),
    );
    matches.push(...page.matches);
    before = page.next;
  } while (before);
  return new Blob([JSON.stringify({ me, stats, achievements, matches }, null, 2)], {
    type: "application/json",
  });
}

import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";

/** Who is logged in in this browser. Times in milliseconds since the epoch. */
export type Session = {
  readonly player: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAt: number;
};

type SessionStore = {
  readonly session: Session | null;
  set: (session: Session | null) => void;
};

export const useSession = create<SessionStore>()(
  persist(
    (set) => ({
      session: null,
      set: (session) => set({ session }),
    }),
    { name: "kleos-session" },
  ),
);

/** An API key that somebody has pasted: for this browser tab only, and gone with it. It goes before a log-in. */
export const useTabKey = create<{ key: string | null; set: (key: string | null) => void }>()(
  persist((set) => ({ key: null, set: (key) => set({ key }) }), {
    name: "kleos-tab-key",
    storage: createJSONStorage(() => sessionStorage),
  }),
);

// What another tab has renewed or ended is so in this one as well: each refresh token is good once.
if (typeof window !== "undefined") {
  window.addEventListener("storage", (event) => {
    if (event.key === useSession.persist.getOptions().name || event.key === null)
      void useSession.persist.rehydrate();
  });
}

const RENEW_BEFORE_MS = 30_000;
/** What begins a session is sent without one. */
const WITHOUT_TOKEN = /\/v1\/auth\/(?:login|register|refresh)$/;
/** What is about who is logged in: a key is nobody. */
const OF_SESSION = /\/v1\/(?:me|auth)(?:\/|$)/;
let renewing: Promise<string | null> | null = null;

/**
 * The key of this tab, else a good access token; null for a guest, and for what begins a session. What is about the
 * player goes by the log-in alone.
 */
export async function token(url = ""): Promise<string | null> {
  if (WITHOUT_TOKEN.test(url)) return null;
  const { key } = useTabKey.getState();
  return key === null || OF_SESSION.test(url) ? sessionToken() : key;
}

/** A good access token of who is logged in, renewed where it is about to end; null for a guest. */
export async function sessionToken(): Promise<string | null> {
  const { session } = useSession.getState();
  if (!session) return null;
  if (isGood(session)) return session.accessToken;
  renewing ??= renewAlone().finally(() => {
    renewing = null;
  });
  return renewing;
}

function isGood(session: Session): boolean {
  return Date.now() < session.expiresAt - RENEW_BEFORE_MS;
}

/** One tab at a time, where browsers can (on encrypted pages, and on this machine): who comes second finds it done. */
async function renewAlone(): Promise<string | null> {
  const act = async () => {
    await useSession.persist.rehydrate();
    const { session } = useSession.getState();
    return session && (isGood(session) ? session.accessToken : await renew(session));
  };
  return navigator.locks ? navigator.locks.request("kleos-session", act) : act();
}

async function renew(session: Session): Promise<string | null> {
  const response = await fetch("/v1/auth/refresh", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refresh_token: session.refreshToken }),
  });
  const { set } = useSession.getState();
  if (response.status === 401 || response.status === 403) {
    set(null);
    return null;
  }
  if (!response.ok) return session.accessToken;
  const pair = (await response.json()) as { access_token: string; refresh_token: string; expires_in: number };
  set({
    ...session,
    accessToken: pair.access_token,
    refreshToken: pair.refresh_token,
    expiresAt: Date.now() + pair.expires_in * 1000,
  });
  return pair.access_token;
}

/**
 * One connection to `/v1/feed` for the whole page. It comes back by itself, and goes on behind the last message of each
 * topic; whoever listens hears snapshots and changes, never a gap.
 */
export type FeedMessage = Readonly<Record<string, unknown>> & {
  readonly topic: string;
  readonly n: number;
  readonly type: string;
};

/** `idle`: nobody listens to anything. */
export type FeedState = "idle" | "connecting" | "live" | "away";
export type Listener = (message: FeedMessage) => void;

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 8_000;

export class FeedSocket {
  private socket: WebSocket | null = null;
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly last = new Map<string, number>();
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private token: string | null = null;

  constructor(
    private readonly url: string,
    private readonly onState: (state: FeedState) => void,
    private readonly open: (url: string) => WebSocket = (to) => new WebSocket(to),
  ) {}

  /** Answers how to stop listening. The first message is a snapshot of the topic, or what was missed. */
  listen(topic: string, listener: Listener): () => void {
    const known = this.listeners.get(topic);
    if (known) {
      known.add(listener);
      this.send({ unsubscribe: [topic], subscribe: [topic] }); // a snapshot for who has come late
    } else {
      this.listeners.set(topic, new Set([listener]));
      if (this.socket) this.send({ subscribe: [topic] });
      else this.connect();
    }
    return () => this.leave(topic, listener);
  }

  /** Ends it: nothing is heard any more, and it does not come back. */
  close(): void {
    this.listeners.clear();
    clearTimeout(this.timer);
    this.socket?.close();
  }

  identify(token: string | null): void {
    const changed = token !== this.token;
    this.token = token;
    if (changed && token) this.send({ token });
    if (changed && !token) this.socket?.close();
  }

  private leave(topic: string, listener: Listener): void {
    const those = this.listeners.get(topic);
    if (!those?.delete(listener) || those.size > 0) return;
    this.listeners.delete(topic);
    this.last.delete(topic);
    this.send({ unsubscribe: [topic] });
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.onState("connecting");
    const socket = this.open(this.url);
    this.socket = socket;
    socket.onopen = () => this.resume();
    socket.onmessage = (event: MessageEvent<string>) => this.hear(event.data);
    socket.onclose = (event) => this.lost(event);
  }

  private resume(): void {
    this.attempts = 0;
    this.onState("live");
    const topics = [...this.listeners.keys()];
    this.send({
      ...(this.token ? { token: this.token } : {}),
      subscribe: topics,
      last: Object.fromEntries(this.last),
    });
  }

  private hear(text: string): void {
    const message = JSON.parse(text) as FeedMessage & { topics?: string[] };
    if (message.type === "resync") {
      const topics = message.topics ?? [];
      this.send({ subscribe: topics, last: Object.fromEntries(this.last) });
      return;
    }
    const those = this.listeners.get(message.topic);
    if (!those) return;
    if (typeof message.n === "number") this.last.set(message.topic, message.n);
    for (const listener of [...those]) listener(message);
  }

  private lost(event: CloseEvent): void {
    this.socket = null;
    if (this.listeners.size === 0) {
      this.onState("idle");
      return;
    }
    this.onState("away");
    this.timer = setTimeout(() => this.connect(), retryAfterMs(event.reason, this.attempts++));
  }

  private send(message: unknown): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }
}

/** What the server asked for when it closed, else longer with each attempt; never the same for all. */
export function retryAfterMs(reason: string, attempts: number, random: () => number = Math.random): number {
  try {
    const asked = (JSON.parse(reason) as { retry_after_ms?: unknown }).retry_after_ms;
    if (typeof asked === "number") return Math.min(asked, LONGEST_RETRY_MS);
  } catch {
    // no reason was given
  }
  const longest = Math.min(FIRST_RETRY_MS * 2 ** attempts, LONGEST_RETRY_MS);
  return longest * (0.5 + random() / 2);
}

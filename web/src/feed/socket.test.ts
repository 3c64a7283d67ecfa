import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FeedSocket, retryAfterMs } from "./socket";

class Wire {
  readonly sent: unknown[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { reason: string }) => void) | null = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.lose();
  }
  opened(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  says(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  lose(reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ reason });
  }
}

const wires: Wire[] = [];
const states: string[] = [];

function made(): FeedSocket {
  const open = () => {
    const wire = new Wire();
    wires.push(wire);
    return wire as unknown as WebSocket;
  };
  return new FeedSocket("ws://here/v1/feed", (state) => states.push(state), open);
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  wires.length = 0;
  states.length = 0;
});

it("comes back after a loss, and goes on behind the last message", () => {
  const heard: number[] = [];
  made().listen("board:golf/wins", (message) => heard.push(message.n));
  wires[0]?.opened();
  expect(wires[0]?.sent).toEqual([{ subscribe: ["board:golf/wins"], last: {} }]);
  wires[0]?.says({ topic: "board:golf/wins", n: 7, type: "snapshot" });
  wires[0]?.lose('{"retry_after_ms": 40}');
  expect(states).toEqual(["connecting", "live", "away"]);
  vi.advanceTimersByTime(39);
  expect(wires).toHaveLength(1);
  vi.advanceTimersByTime(1);
  wires[1]?.opened();
  expect(wires[1]?.sent).toEqual([{ subscribe: ["board:golf/wins"], last: { "board:golf/wins": 7 } }]);
  wires[1]?.says({ topic: "board:golf/wins", n: 8, type: "board.changed" });
  expect(heard).toEqual([7, 8]);
});

it("asks again for what the server skipped", () => {
  made().listen("game:golf", () => undefined);
  wires[0]?.opened();
  wires[0]?.says({ topic: "game:golf", n: 3, type: "snapshot" });
  wires[0]?.says({ type: "resync", topics: ["game:golf"] });
  expect(wires[0]?.sent.at(-1)).toEqual({ subscribe: ["game:golf"], last: { "game:golf": 3 } });
});

it("stops listening to what nobody hears any more", () => {
  const leave = made().listen("game:golf", () => undefined);
  wires[0]?.opened();
  leave();
  expect(wires[0]?.sent.at(-1)).toEqual({ unsubscribe: ["game:golf"] });
});

it("waits longer with each attempt, never the same for all, never for ever", () => {
  expect(retryAfterMs("", 0, () => 0)).toBe(125);
  expect(retryAfterMs("", 0, () => 1)).toBe(250);
  expect(retryAfterMs("", 30, () => 1)).toBe(8_000);
  expect(retryAfterMs('{"retry_after_ms": 1830}', 5)).toBe(1_830);
});

import { take } from "../src/feed/head";
import { FeedSocket } from "../src/feed/socket";
import { type BoardState, movedBy, rowsOf, type Shape } from "./state";
import { STYLE } from "./style";

const LONGEST = 50;
const EMPTY: BoardState = { total: 0, entries: [] };
const NO_SHAPE: Shape = { title: "", unit: "", decimals: 0 };
const sheet = new CSSStyleSheet(); // not a <style>: the site's own policy may forbid those
sheet.replaceSync(STYLE);
const server = new URL(import.meta.url).origin;

/**
 * `<kleos-board game="golf" board="wins" limit="10">`: a live board on anybody's site.
 *
 * Attributes: `game`, `board`, `window` (week, 2026-W07), `partition` (region=eu), `limit` (1 to 50), `heading`.
 * CSS variables: --kleos-ground, --kleos-ink, --kleos-quiet, --kleos-line, --kleos-up (who has just risen), --kleos-down
 * (who has just fallen, what is wrong), --kleos-link (the heading, which leads to the whole board), --kleos-font,
 * --kleos-radius. Parts: heading, row, rank, name, value, status.
 */
class KleosBoard extends HTMLElement {
  static readonly observedAttributes = ["game", "board", "window", "partition", "limit", "heading"];
  private readonly root = this.attachShadow({ mode: "open" });
  private state = EMPTY;
  private shape = NO_SHAPE;
  private status = "Loading…";
  private problem = "";
  private stop: (() => void) | null = null;
  private beginning = false;
  private moved: ReadonlyMap<string, "up" | "down"> = new Map();

  connectedCallback(): void {
    this.root.adoptedStyleSheets = [sheet];
    this.begin();
  }

  disconnectedCallback(): void {
    this.stop?.();
    this.stop = null;
  }

  attributeChangedCallback(): void {
    if (!this.stop || this.beginning) return;
    this.beginning = true; // several attributes change together
    queueMicrotask(() => {
      this.beginning = false;
      if (this.isConnected) this.begin();
    });
  }

  private begin(): void {
    this.stop?.();
    this.state = EMPTY;
    this.shape = NO_SHAPE;
    this.problem = "";
    this.moved = new Map();
    const game = this.getAttribute("game");
    const board = this.getAttribute("board");
    if (!game || !board) {
      this.problem = "This board needs the attributes game and board.";
      this.draw();
      return;
    }
    const asked = new AbortController();
    void this.describe(game, board, asked.signal);
    const socket = new FeedSocket(`${server.replace(/^http/, "ws")}/v1/feed`, (feed) => {
      this.status = feed === "live" ? "" : this.state === EMPTY ? "Loading…" : "Not live";
      this.draw();
    });
    const leave = socket.listen(this.topic(game, board), (message) => {
      if (message.type === "error") this.problem ||= saidOf(message.detail);
      if (message.type === "snapshot") this.problem = "";
      this.state = take(this.state, message);
      this.moved = movedBy(message.changes);
      this.draw();
    });
    this.stop = () => {
      asked.abort();
      leave();
      socket.close();
    };
  }

  private topic(game: string, board: string): string {
    const window = this.getAttribute("window");
    const partition = this.getAttribute("partition");
    return `board:${game}/${board}${window ? `/${window}` : ""}${partition ? `?${partition}` : ""}`;
  }

  /** What an earlier attribute asked for is not taken in any more. */
  private async describe(game: string, board: string, signal: AbortSignal): Promise<void> {
    const path = `/embed/${encodeURIComponent(game)}/${encodeURIComponent(board)}`;
    const response = await fetch(`${server}${path}`, { signal }).catch(() => null);
    const shape = response?.ok ? ((await response.json().catch(() => NO_SHAPE)) as Shape) : NO_SHAPE;
    if (signal.aborted) return;
    this.shape = shape;
    if (response?.status === 404) this.problem = `There is no board ${board} of a game ${game}.`;
    this.draw();
  }

  /** Where the whole board is. */
  private page(): string {
    const [game, board] = [this.getAttribute("game") ?? "", this.getAttribute("board") ?? ""];
    const window = this.getAttribute("window");
    const query = window ? `?window=${encodeURIComponent(window)}` : "";
    return `${server}/g/${encodeURIComponent(game)}/b/${encodeURIComponent(board)}${query}`;
  }

  private draw(): void {
    const limit = Math.min(LONGEST, Math.max(1, Number(this.getAttribute("limit")) || 10));
    const title = this.getAttribute("heading") ?? this.shape.title;
    const heading = element("h3", "heading", "");
    if (title) heading.append(link(this.page(), title));
    const list = document.createElement("ol");
    list.setAttribute("aria-label", this.shape.title);
    for (const row of rowsOf(this.state, this.shape, limit)) {
      const item = element("li", "row", "");
      item.append(
        element("span", "rank", row.rank),
        element("bdi", "name", row.name),
        element("span", "value", row.value),
      );
      if (row.medal) item.dataset.medal = row.medal;
      const moved = this.moved.get(row.player);
      if (moved) item.dataset.moved = moved;
      list.append(item);
    }
    const empty = this.state !== EMPTY && this.state.entries.length === 0 ? "Nobody stands here yet." : "";
    const status = element("p", "status", this.problem || this.status || empty);
    status.setAttribute("role", "status");
    if (this.problem) status.dataset.problem = "";
    this.root.replaceChildren(heading, list, status);
  }
}

/** Text goes in as text: a name is never markup. */
function element(tag: string, part: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.setAttribute("part", part);
  made.className = part;
  made.textContent = text;
  return made;
}

function link(to: string, text: string): HTMLElement {
  const made = document.createElement("a");
  made.href = to;
  made.textContent = text;
  return made;
}

/** What the feed says is wrong, as a sentence. */
function saidOf(detail: unknown): string {
  const text = typeof detail === "string" && detail ? detail : "this board cannot be shown";
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

if (!customElements.get("kleos-board")) customElements.define("kleos-board", KleosBoard);

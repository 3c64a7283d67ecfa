import { take } from "../src/feed/head";
import { FeedSocket } from "../src/feed/socket";
import { type BoardState, rowsOf, type Shape } from "./state";
import { STYLE } from "./style";

const LONGEST = 50;
const EMPTY: BoardState = { total: 0, entries: [] };
const sheet = new CSSStyleSheet(); // not a <style>: the site's own policy may forbid those
sheet.replaceSync(STYLE);
const server = new URL(import.meta.url).origin;

/**
 * `<kleos-board game="golf" board="wins" limit="10">`: a live board on anybody's site.
 *
 * Attributes: `game`, `board`, `window` (week, 2026-W07), `partition` (region=eu), `limit` (1 to 50), `heading`.
 * CSS variables: --kleos-ground, --kleos-ink, --kleos-quiet, --kleos-line, --kleos-up, --kleos-down, --kleos-link,
 * --kleos-font, --kleos-radius. Parts: heading, row, rank, name, value, status.
 */
class KleosBoard extends HTMLElement {
  static readonly observedAttributes = ["game", "board", "window", "partition", "limit", "heading"];
  private readonly root = this.attachShadow({ mode: "open" });
  private state = EMPTY;
  private shape: Shape = { title: "", unit: "", decimals: 0 };
  private status = "Loading…";
  private problem = "";
  private stop: (() => void) | null = null;
  private beginning = false;

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
    this.problem = "";
    const game = this.getAttribute("game");
    const board = this.getAttribute("board");
    if (!game || !board) {
      this.problem = "This board needs the attributes game and board.";
      this.draw();
      return;
    }
    void this.describe(game, board);
    const socket = new FeedSocket(`${server.replace(/^http/, "ws")}/v1/feed`, (feed) => {
      this.status = feed === "live" ? "" : this.state === EMPTY ? "Loading…" : "Not live";
      this.draw();
    });
    const leave = socket.listen(this.topic(game, board), (message) => {
      this.state = take(this.state, message);
      this.draw();
    });
    this.stop = () => {
      leave();
      socket.close();
    };
  }

  private topic(game: string, board: string): string {
    const window = this.getAttribute("window");
    const partition = this.getAttribute("partition");
    return `board:${game}/${board}${window ? `/${window}` : ""}${partition ? `?${partition}` : ""}`;
  }

  private async describe(game: string, board: string): Promise<void> {
    const path = `/embed/${encodeURIComponent(game)}/${encodeURIComponent(board)}`;
    const response = await fetch(`${server}${path}`).catch(() => null);
    if (!response?.ok) {
      if (response?.status === 404) this.problem = `There is no board ${board} of a game ${game}.`;
    } else {
      this.shape = (await response.json()) as Shape;
    }
    this.draw();
  }

  private draw(): void {
    const limit = Math.min(LONGEST, Math.max(1, Number(this.getAttribute("limit")) || 10));
    const heading = element("h3", "heading", this.getAttribute("heading") ?? this.shape.title);
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
      list.append(item);
    }
    const empty = this.state !== EMPTY && this.state.entries.length === 0 ? "Nobody stands here yet." : "";
    const status = element("p", "status", this.problem || this.status || empty);
    status.setAttribute("role", "status");
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

if (!customElements.get("kleos-board")) customElements.define("kleos-board", KleosBoard);

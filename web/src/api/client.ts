import createClient, { type Middleware } from "openapi-fetch";
import { token } from "@/shared/session";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** What the server says when it cannot: RFC 9457, with what would be right where it knows that. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly body: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail || title);
    this.name = "ApiProblem";
  }
}

/**
 * What is the same for everybody is read as nobody: a player may ask a hundred times a minute, and should not use that up
 * by looking at boards.
 */
const SAME_FOR_ALL: ReadonlySet<string> = new Set<keyof paths>([
  "/v1/games",
  "/v1/games/{game}",
  "/v1/games/{game}/achievements",
  "/v1/games/{game}/activity",
  "/v1/games/{game}/boards/{board}",
  "/v1/games/{game}/boards/{board}/partitions",
  "/v1/games/{game}/boards/{board}/players/{player}",
  "/v1/games/{game}/matches",
  "/v1/games/{game}/sheets/{sheet}",
  "/v1/matches",
  "/v1/matches/running",
  "/v1/players",
]);

const bearer: Middleware = {
  async onRequest({ request, schemaPath }) {
    if (request.method === "GET" && SAME_FOR_ALL.has(schemaPath)) return request;
    if (request.headers.has("Authorization")) return request;
    const held = await token(request.url);
    if (held) request.headers.set("Authorization", `Bearer ${held}`);
    return request;
  },
};

export const api = createClient<paths>({ baseUrl: "" });
api.use(bearer);

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer; throws {@link ApiProblem} for every other. */
export async function answered<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch {
    throw new ApiProblem(0, "No connection", "The server cannot be reached.");
  }
  if (answer.response.ok) return answer.data as T;
  const body = (answer.error ?? {}) as Record<string, unknown>;
  const title = typeof body.title === "string" ? body.title : answer.response.statusText;
  const detail = typeof body.detail === "string" ? body.detail : title;
  throw new ApiProblem(answer.response.status, title, detail, body);
}

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

const bearer: Middleware = {
  async onRequest({ request }) {
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

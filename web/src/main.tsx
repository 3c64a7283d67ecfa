import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, startTransition } from "react";
import { createRoot } from "react-dom/client";
import { ApiProblem } from "@/api/client";
import { useFeedState } from "@/feed/store";
import { firstAnswers } from "./first";
import { routerOf } from "./router";
import "./theme.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: false,
      // What the server has understood and refused will be refused again.
      retry: (failures, error) => failures < 2 && !(error instanceof ApiProblem && isRefusal(error)),
    },
  },
});

function isRefusal(error: ApiProblem): boolean {
  return error.status >= 400 && error.status < 500 && error.status !== 429;
}

// Who was away may have missed anything, and what could not be read then can be read now.
let wasAway = false;
useFeedState.subscribe(({ state }) => {
  if (state === "away") wasAway = true;
  if (state === "live" && wasAway) {
    wasAway = false;
    void queries.invalidateQueries();
  }
});

const router = routerOf();

function draw(): void {
  // As a transition: in pieces, between which the browser answers whoever scrolls or taps.
  startTransition(() =>
    createRoot(document.getElementById("root") as HTMLElement).render(
      <StrictMode>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </StrictMode>,
    ),
  );
}

// The document carries the shape of its page, which stays until the page itself can take its place. Where the page's
// script cannot be had, drawing says so.
router
  .load()
  .then(() => firstAnswers(queries, router))
  .then(draw, draw);

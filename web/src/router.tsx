import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  parseSearchWith,
  type RouterHistory,
  stringifySearchWith,
} from "@tanstack/react-router";
import { boardSearch } from "@/pages/board/asked";
import { insightSearch } from "@/pages/insight/asked";
import { manageSearch, sectionSearch } from "@/pages/manage/asked";
import { playerSearch } from "@/pages/player/asked";
import { Shell } from "@/shared/shell/Shell";
import { Failure } from "@/shared/states/States";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => <Failure what="page" error={new Error("There is nothing at this address.")} />,
  errorComponent: ({ error, reset }) => <Failure what="this page" error={error} retry={reset} />,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/home/HomePage"), "HomePage"),
});

const player = createRoute({
  getParentRoute: () => root,
  path: "/p/$player",
  validateSearch: playerSearch,
  component: lazyRouteComponent(() => import("./pages/player/PlayerPage"), "PlayerPage"),
});

const game = createRoute({
  getParentRoute: () => root,
  path: "/g/$game",
  component: lazyRouteComponent(() => import("./pages/game/GamePage"), "GamePage"),
});

const board = createRoute({
  getParentRoute: () => root,
  path: "/g/$game/b/$board",
  validateSearch: boardSearch,
  component: lazyRouteComponent(() => import("./pages/board/BoardPage"), "BoardPage"),
});

const match = createRoute({
  getParentRoute: () => root,
  path: "/g/$game/m/$match",
  component: lazyRouteComponent(() => import("./pages/match/MatchPage"), "MatchPage"),
});

const achievements = createRoute({
  getParentRoute: () => root,
  path: "/g/$game/achievements",
  validateSearch: (given): { order?: "rarest" | "definition" | undefined } => ({
    order: given.order === "definition" ? "definition" : undefined,
  }),
  component: lazyRouteComponent(() => import("./pages/achievements/AchievementsPage"), "AchievementsPage"),
});

const insight = createRoute({
  getParentRoute: () => root,
  path: "/g/$game/insight",
  validateSearch: insightSearch,
  component: lazyRouteComponent(() => import("./pages/insight/InsightPage"), "InsightPage"),
});

const play = createRoute({
  getParentRoute: () => root,
  path: "/g/$game/play",
  component: lazyRouteComponent(() => import("./pages/play/PlayPage"), "PlayPage"),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/p/$player/vs/$other",
  validateSearch: (given): { game?: string | undefined; window?: string | undefined } => {
    const { game, window } = playerSearch(given);
    return { game, window };
  },
  component: lazyRouteComponent(() => import("./pages/compare/ComparePage"), "ComparePage"),
});

const me = createRoute({
  getParentRoute: () => root,
  path: "/me",
  component: lazyRouteComponent(() => import("./pages/me/MePage"), "MePage"),
});

const manage = createRoute({
  getParentRoute: () => root,
  path: "/manage",
  validateSearch: manageSearch,
  component: lazyRouteComponent(() => import("./pages/manage/ManagePage"), "ManagePage"),
});

const manageGame = createRoute({
  getParentRoute: () => root,
  path: "/manage/$game/$section",
  validateSearch: sectionSearch,
  component: lazyRouteComponent(() => import("./pages/manage/GameManagePage"), "GameManagePage"),
});

const routeTree = root.addChildren([
  home,
  game,
  board,
  match,
  achievements,
  insight,
  play,
  player,
  compare,
  me,
  manage,
  manageGame,
]);

/**
 * Only what can be nothing else is read as JSON: an id that is a number stands in the address as it is, and keeps all
 * its digits.
 */
function parsed(text: string): unknown {
  if (!/^(?:[[{"]|true$|false$)/.test(text)) throw new SyntaxError("it is text");
  return JSON.parse(text);
}

/** Of the browser's own history, or of one that stands at a single address, for a page drawn without a browser. */
export function routerOf(history?: RouterHistory) {
  return createRouter({
    routeTree,
    defaultPreload: "intent",
    parseSearch: parseSearchWith(parsed),
    stringifySearch: stringifySearchWith(JSON.stringify, parsed),
    scrollRestoration: !history,
    ...(history && { history }),
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof routerOf>;
  }
}

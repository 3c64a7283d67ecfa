import { answered, api } from "@/api/client";

export function undoCorrection(game: string, correction: number, reason: string, dryRun: boolean) {
  return answered(
    api.POST("/v1/games/{game}/corrections/{correction}/undo", {
      params: { path: { game, correction }, query: { dry_run: dryRun } },
      body: { reason },
    }),
  );
}

/** What a correction, a judgement or an undoing came to, or would come to. */
export type Told = Awaited<ReturnType<typeof undoCorrection>>;
export type GameEffect = Told["effects"][number];

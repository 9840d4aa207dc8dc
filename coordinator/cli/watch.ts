/**
 * `onrush watch`: shows a run of a coordinator as it goes on, to its end. Called by program.ts, and by submit.ts.
 * Invariant: a connection that breaks is taken up again where it was; the exit code is the run's.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { ExitCode, OnrushError } from "../../shared/errors.ts";
import type { Summary } from "../report/summary-schema.ts";
import type { LiveView } from "../run/view.ts";
import type { RunEvent } from "../store/event.ts";
import type { ApiClient } from "./api-client.ts";
import { type ApiFlags, addApiOptions, clientOf } from "./api-options.ts";
import type { CliContext } from "./context.ts";
import { readEvents } from "./event-stream.ts";
import type { Finish } from "./program.ts";
import { addResultOptions, type ResultOptions, showSummary } from "./result.ts";
import { noteEvent } from "./run-notes.ts";
import { openProgress, type Progress } from "./terminal/progress.ts";

/** A coordinator that is started again takes a while. */
const PATIENCE_MS = 120_000;
const RETRY_MS = 1000;

interface WatchOptions extends ApiFlags, ResultOptions {
  readonly quiet?: boolean;
}

export function watchCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("watch")
    .description("follow a run of a coordinator to its end")
    .argument("<run>", "id of the run")
    .option("--quiet", "no progress on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  onrush watch 20261120-224501-echo-x7f2 --coordinator http://127.0.0.1:7700",
    );
  return addResultOptions(addApiOptions(command)).action(
    async (id: string, options: WatchOptions) =>
      finish(await watchRun(clientOf(options, context), id, options, context)),
  );
}

/** @returns the run's exit code */
export async function watchRun(
  client: ApiClient,
  id: string,
  options: WatchOptions,
  context: CliContext,
): Promise<number> {
  const { clock, stderr, errStyle, live } = context;
  const mode = options.quiet === true ? "off" : live ? "live" : "plain";
  const progress = openProgress({ stream: stderr, mode, style: errStyle, clock });
  try {
    await follow(client, id, progress, context);
  } finally {
    progress.close();
  }
  const summary = await client.call<Summary>("GET", `/runs/${id}/report.json`);
  showSummary(summary, options, context, `onrush watch ${id}`);
  return summary.exitCode;
}

/** Resolves when the run is over. */
async function follow(
  client: ApiClient,
  id: string,
  progress: Progress,
  context: CliContext,
): Promise<void> {
  let last = "0";
  let failingSinceUs: number | null = null;
  for (;;) {
    try {
      const response = await client.open(`/runs/${id}/stream`, { "last-event-id": last });
      failingSinceUs = null;
      for await (const { id: eventId, kind, data } of readEvents(bodyOf(response))) {
        last = eventId;
        if (kind === "view") progress.show(JSON.parse(data) as LiveView);
        else if (kind === "event") noteEvent(JSON.parse(data) as RunEvent, progress);
        else if (kind === "end") return;
      }
    } catch (error) {
      const { monotonicUs } = context.clock;
      failingSinceUs ??= monotonicUs();
      const isGone = error instanceof OnrushError && error.exitCode === ExitCode.usage;
      if (isGone && (await isOver(client, id))) return;
      if (isGone || monotonicUs() - failingSinceUs > PATIENCE_MS * 1000) throw error;
    }
    // A coordinator that was started again counts its events anew.
    last = (await isOver(client, id).catch(() => false)) ? last : "0";
    await delay(RETRY_MS);
  }
}

async function isOver(client: ApiClient, id: string): Promise<boolean> {
  const { state } = await client.call<{ state: string }>("GET", `/runs/${id}`);
  return state === "done" || state === "failed" || state === "aborted";
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  if (response.body === null) throw new Error("the stream is empty");
  return response.body;
}

/**
 * `onrush watch`: shows a run of a coordinator as it goes on, to its end. Called by program.ts, and by submit.ts.
 * Invariant: a connection that breaks is taken up again where it was; the exit code is the run's.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { ExitCode, OnrushError } from "../../../shared/errors.ts";
import type { LiveView } from "../../live/view.ts";
import type { Summary } from "../../report/summary-schema.ts";
import type { RunEvent } from "../../store/event.ts";
import type { CliContext, Finish } from "../context.ts";
import { addResultOptions, type ResultOptions } from "../options/result-options.ts";
import { eventNotes } from "../run-notes.ts";
import type { Progress } from "../terminal/progress.ts";
import type { ApiClient } from "./api-client.ts";
import { type ApiFlags, addApiOptions, clientOf } from "./api-options.ts";
import { readEvents } from "./event-stream.ts";

/** A coordinator that is started again takes a while. */
const PATIENCE_MS = 120_000;
const RETRY_MS = 1000;

interface WatchOptions extends ApiFlags, ResultOptions {
  readonly quiet?: boolean;
}

function runPath(id: string): string {
  return `/runs/${encodeURIComponent(id)}`;
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
  const { openProgress } = await import("../terminal/progress.ts");
  const mode = options.quiet === true ? "off" : live ? "live" : "plain";
  const progress = await openProgress({ stream: stderr, mode, style: errStyle, clock });
  const summary = await follow(client, id, progress, context).finally(() => progress.close());
  const { showSummary } = await import("../result.ts");
  showSummary({ summary }, options, context, [
    ["report", client.urlOf(`${runPath(id)}/report.html`)],
  ]);
  return summary.exitCode;
}

/** @returns the result, when the run is over */
async function follow(
  client: ApiClient,
  id: string,
  progress: Progress,
  context: CliContext,
): Promise<Summary> {
  const note = eventNotes(progress);
  let last = "";
  let failingSinceUs: number | null = null;
  for (;;) {
    try {
      const headers: Record<string, string> = last === "" ? {} : { "last-event-id": last };
      const response = await client.open(`${runPath(id)}/stream`, headers);
      failingSinceUs = null;
      for await (const { id: eventId, kind, data } of readEvents(bodyOf(response))) {
        if (eventId !== "") last = eventId;
        if (kind === "view") progress.show(JSON.parse(data) as LiveView);
        else if (kind === "event") note(JSON.parse(data) as RunEvent);
        else if (kind === "end") return await client.call("GET", `${runPath(id)}/report.json`);
      }
    } catch (error) {
      const { monotonicUs } = context.clock;
      failingSinceUs ??= monotonicUs();
      const refused = error instanceof OnrushError && error.exitCode === ExitCode.usage;
      if (refused || monotonicUs() - failingSinceUs > PATIENCE_MS * 1000) throw error;
    }
    await delay(RETRY_MS);
  }
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  if (response.body === null) throw new Error("the stream is empty");
  return response.body;
}

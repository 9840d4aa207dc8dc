/**
 * Begins a run of the service, or goes on with one: what run.ts tells on the way is put where the API looks for it. Called by
 * service.ts. Invariant: it resolves when the run is on disk, and the entry follows it to its end from then on.
 */
import { OnrushError } from "../../shared/errors.ts";
import type { RunOutcome, RunRequest } from "../active-run/request.ts";
import type { LeadIntent } from "../store/lock.ts";
import { type CarriedOut, type ProbeRuns, RESULTS_PATIENCE_MS } from "./probe-runs.ts";
import type { Rendering } from "./rendering.ts";
import type { RunEntry } from "./run-entry.ts";
import type { ServiceOptions } from "./service-options.ts";

/** How the run is carried out, and what with. */
export interface Begun extends CarriedOut {
  readonly carryOut: (request: RunRequest) => Promise<RunOutcome>;
  readonly planHash?: string;
  readonly lead: LeadIntent;
}

/** The service, as far as a run of it needs it. */
export interface Host {
  readonly options: ServiceOptions;
  readonly rendering: Rendering;
  readonly probeRuns: ProbeRuns;
  readonly isLeaving: () => boolean;
  readonly onOver: () => void;
  /** This coordinator cannot go on with it: the run is not over. */
  readonly onLeft: () => void;
}

/** Resolves when the run is on disk. @throws what keeps it from getting there */
export function beginRun(entry: RunEntry, begun: Begun, host: Host): Promise<void> {
  const { log, onFatal } = host.options;
  return new Promise<void>((resolve, reject) => {
    const running = begun
      .carryOut(requestOf(entry, begun, { host, onDisk: resolve }))
      .then((outcome) => host.probeRuns.after(entry, outcome, begun));
    const leave = (why: unknown) => {
      reject(why);
      host.onLeft();
      if (host.isLeaving()) return;
      if (!(why instanceof OnrushError) || why.code === "ONRUSH_COORDINATOR_TAKEN") onFatal(why);
      else log.error(`run ${entry.id} is left as it is: ${why.message}`);
    };
    entry.follow(running, host.onOver, leave);
  });
}

function requestOf(
  entry: RunEntry,
  { carryOut: _, workers: workersExpected, ...what }: Begun,
  { host, onDisk }: { readonly host: Host; readonly onDisk: () => void },
): RunRequest {
  const { options, rendering } = host;
  const { bus, fleet, lead, clock, timers, allowTargets, allowCommands } = options;
  return {
    ...{ ...what, bus, fleet, clock, timers, allowTargets, allowCommands, workersExpected },
    runId: entry.id,
    runDirectory: entry.directory,
    control: entry.commands,
    onOpened: (state) => {
      entry.opened(state);
      onDisk();
    },
    resultsPatienceMs: RESULTS_PATIENCE_MS,
    onResults: (results) => {
      entry.results = results;
    },
    onFaultable: (desk) => {
      entry.faults = desk;
    },
    writeElsewhere: (outputs) =>
      rendering.write({ kind: "write", directory: entry.directory, outputs }),
    onDelayed: (why) => entry.delayed(why),
    // After a pause of this process another one may show the run by now.
    onView: (view) => {
      if (lead.held) entry.feed.push({ kind: "view", view });
    },
    onEvent: (event) => entry.heard(event),
    onMeasurable: (read) => entry.measurable(read),
  };
}

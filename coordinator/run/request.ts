/**
 * What it takes to execute a run, and what comes of it: the door between the programs that start runs
 * (command line, later the HTTP API) and run.ts.
 */
import type { CoordinatorBus } from "../../shared/bus/bus.ts";
import type { ExitCode, OnrushError } from "../../shared/errors.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { Summary } from "../report/summary-schema.ts";
import type { RunEvent } from "../store/event.ts";
import type { LiveView, RunControl } from "./view.ts";

export interface RunRequest {
  readonly scenario: StrictScenario;
  /** The scenario as given, for the run directory; secrets are masked already. */
  readonly source: { readonly fileName: string; readonly text: string };
  /** See store/run-id.ts. */
  readonly runId: string;
  /** Made when missing; must not hold a run yet. */
  readonly runDirectory: string;
  readonly bus: CoordinatorBus;
  /** Workers that must hold shards and be ready before the start; the run takes more when there are. */
  readonly workersExpected: number;
  /** Hosts other than loopback that may be targeted (host or host:port). */
  readonly allowTargets: readonly string[];
  readonly clock: Clock;
  /** The system's, unless a simulation drives the clock. */
  readonly timers?: Timers;
  readonly control: RunControl;
  /** Once a second at most. */
  readonly onView?: (view: LiveView) => void;
  readonly onEvent?: (event: RunEvent) => void;
}

export interface RunOutcome {
  /** As written to summary.json. */
  readonly summary: Summary;
  readonly exitCode: ExitCode;
  readonly runDirectory: string;
  /** Why the run could not be started or finished, with its remedy; null when it could. */
  readonly problem: OnrushError | null;
}

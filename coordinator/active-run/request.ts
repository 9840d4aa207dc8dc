/**
 * What it takes to execute a run, and what comes of it: the door between the programs that start runs
 * (command line, later the HTTP API) and run.ts.
 */
import type { CoordinatorBus } from "../../shared/bus/bus.ts";
import type { ExitCode, OnrushError } from "../../shared/errors.ts";
import type { StrictOutput, StrictScenario } from "../../shared/scenario/strict.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { RunState } from "../../shared/wire/command.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { FaultDesk } from "../live/fault-desk.ts";
import type { LiveResults } from "../live/live-results.ts";
import type { RunMeasures } from "../live/measures.ts";
import type { LiveView, RunControl } from "../live/view.ts";
import type { RunPolicies } from "../plan/policies.ts";
import type { CompareRules } from "../report/compare-runs.ts";
import type { Summary } from "../report/summary-schema.ts";
import type { RunEvent } from "../store/event.ts";
import type { LeadIntent } from "../store/lock.ts";
import type { RunStore } from "../store/run-store.ts";

export interface RunRequest {
  readonly scenario: StrictScenario;
  /** The scenario as given, for the run directory; secrets are masked already. */
  readonly source: { readonly fileName: string; readonly text: string };
  /** The command that started the run, for the report; values that may be secret are masked already. */
  readonly command?: readonly string[];
  /** Outputs wanted beside the scenario's own. */
  readonly outputs?: readonly StrictOutput[];
  /** See store/run-id.ts. */
  readonly runId: string;
  /** Made when missing. executeRun: must not hold a run yet. resumeRun: holds this run. */
  readonly runDirectory: string;
  /** The bus the fleet looks at. */
  readonly bus: CoordinatorBus;
  /** Started, and shared by all runs of this coordinator. */
  readonly fleet: Fleet;
  readonly policies: RunPolicies;
  /** resumeRun only: the run's plan hash, as its journal has it. */
  readonly planHash?: string;
  /**
   * resumeRun only: the scenario at hand is the one of the journal, without its secrets. The plan is not written to the
   * bus then, so no further worker can take part.
   */
  readonly redacted?: boolean;
  /** What the run is held against once it is over. */
  readonly baseline?: BaselineRequest;
  /** The lead this coordinator has, for the run's lock; none when nobody else could take the run up. */
  readonly lead?: LeadIntent;
  /** Where runs are kept; default: the file system. */
  readonly store?: RunStore;
  /** Workers that must hold slices and be ready before the start; the run takes more when there are. */
  readonly workersExpected: number;
  /** Hosts other than loopback that may be targeted (host or host:port). */
  readonly allowTargets: readonly string[];
  /** Commands that faults may run on this host, by their paths; default: none. */
  readonly allowCommands?: readonly string[];
  readonly clock: Clock;
  /** The system's, unless a simulation drives the clock. */
  readonly timers?: Timers;
  readonly control: RunControl;
  /** The run is on disk, and this process's to write. */
  readonly onOpened?: (state: RunState) => void;
  /** The run is on disk; the function tells, whenever it is called from now on, what there is of it. */
  readonly onMeasurable?: (read: () => RunMeasures) => void;
  /** Results that cannot be written for want of files or space are tried again for so long; default: 0. */
  readonly resultsPatienceMs?: number;
  /** What keeps the results from the disk; null: nothing any more. */
  readonly onDelayed?: (why: string | null) => void;
  /** The run is on disk: what there is of its results, whenever it is asked for. */
  readonly onResults?: (results: LiveResults) => void;
  /**
   * Writes the results of a run too long to do so on this loop, from its directory. Absent: they are written here.
   * @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_PDF_UNAVAILABLE
   */
  readonly writeElsewhere?: (outputs: readonly StrictOutput[]) => Promise<void>;
  /** The run is on disk, and takes faults while it goes on. */
  readonly onFaultable?: (desk: FaultDesk) => void;
  /** Once a second at most. */
  readonly onView?: (view: LiveView) => void;
  readonly onEvent?: (event: RunEvent) => void;
}

/** Why nothing is done that needs its secrets, where a run is `redacted`, or a coordinator before this one was given them. */
export const WITHOUT_SECRETS = "the coordinator was started again, and does not know its secrets";

export interface BaselineRequest extends CompareRules {
  /** Each a run directory, or a directory of run directories. */
  readonly runs: readonly string[];
}

export interface RunOutcome {
  /** As written to summary.json. */
  readonly summary: Summary;
  readonly exitCode: ExitCode;
  readonly runDirectory: string;
  /** Why the run could not be started or finished, with its remedy; null when it could. */
  readonly problem: OnrushError | null;
}

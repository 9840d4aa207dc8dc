/**
 * What the service is made with. Used by service.ts and whoever makes one (`onrush coordinator`). Invariant: the bus, the
 * fleet and the lead are of one bus, and outlive the service.
 */
import type { CoordinatorBus } from "../../shared/bus/bus.ts";
import type { Log } from "../../shared/log.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";
import type { Checker } from "../check/checker.ts";
import type { ServiceLimits } from "../check/submission.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { LeadOfRuns } from "./take-up.ts";

export interface ServiceOptions {
  /** Guarded by the lead. */
  readonly bus: CoordinatorBus;
  readonly fleet: Fleet;
  /** What the bus is guarded by. */
  readonly lead: LeadOfRuns;
  /** A directory per run in here. */
  readonly dataDirectory: string;
  /** Hosts other than loopback that may be targeted. */
  readonly allowTargets: readonly string[];
  /** Submitted scenarios may have hooks. */
  readonly allowHooks: boolean;
  /** Commands that faults may run on this host, by their paths. */
  readonly allowCommands: readonly string[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly limits?: Partial<ServiceLimits>;
  /** Looks at what is submitted, without this thread. */
  readonly checker: Checker;
  /** Another coordinator has taken over, or a bug: this one must end. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * What a run by this plan could not distinguish, whatever goes wrong in it: explanations that by the plan itself always come
 * together. Called by load-size.ts. Pure. Invariant: runs shorter than LEAST_US get no note; they are trials, and nobody
 * expects a diagnosis of them.
 */
import { type Population, upTo } from "../../shared/load/arrivals.ts";
import { endsOf } from "../../shared/scenario/fault-ramp.ts";
import { rolesOf } from "../../shared/scenario/names.ts";
import type { StrictPhase, StrictScenario } from "../../shared/scenario/strict.ts";
import type { StrictRole, StrictStep } from "../../shared/scenario/strict-conversation.ts";

const SECOND_US = 1_000_000;
const LEAST_US = 120 * SECOND_US;
/** What is needed of steady load: shorter, and a slow second is as likely to be one of more load. */
const PLATEAU_US = 30 * SECOND_US;

export interface BlindSpot {
  /** What cannot be distinguished. */
  readonly what: string;
  readonly remedy: string;
}

const RULES: readonly ((scenario: StrictScenario, population: Population) => BlindSpot | null)[] = [
  (scenario) => {
    if (rolesOf(scenario).some(speaks)) return null;
    return {
      what: "no connection ever sends anything: an idle timeout and a maximum lifetime cannot be distinguished",
      remedy: "add a role that sends something",
    };
  },
  (_, { profile, arrivals, plannedOpens }) => {
    const atOnce = profile.opensBetween(0, SECOND_US) + upTo(arrivals.openUs, SECOND_US);
    if (plannedOpens < 2 || atOnce < plannedOpens) return null;
    return {
      what: "all connections open within one second: a maximum lifetime and a single event in the target cannot be distinguished",
      remedy: "open them over a longer time",
    };
  },
  ({ phases }) => {
    if (phases.some((phase) => steadyUs(phase) >= PLATEAU_US)) return null;
    return {
      what: "the number of connections is never constant for 30 s: effects of time and of load cannot be distinguished",
      remedy: "add a phase that holds",
    };
  },
  (scenario) => {
    const logins = rolesOf(scenario).map(({ flow }) => flow?.before ?? []);
    const isAlways = (step: StrictStep) => step.kind === "http" && step.when === null;
    const each = logins.every((steps) => steps.some(isAlways));
    if (!each) return null;
    return {
      what: "every connection logs in each time it connects: an expired token and a maximum lifetime cannot be distinguished",
      remedy:
        'log in with when: "!has(conn.NAME)", so that a connection that reconnects has an older token',
    };
  },
];

/** Those that a scenario has; none for a short one, and for one whose load is searched for. */
export function blindSpots(scenario: StrictScenario, population: Population): BlindSpot[] {
  const isSearch = scenario.phases.some(({ ramp }) => ramp === "find-limit");
  if (isSearch || population.profile.durationUs < LEAST_US) return [];
  return RULES.flatMap((rule) => rule(scenario, population) ?? []);
}

/** By a schedule, in steps of its own, or by pings. */
function speaks({ messages, flow, connect, answers }: StrictRole): boolean {
  const steps = [...(flow?.open ?? []), ...(flow?.loops ?? []).flatMap(({ steps: own }) => own)];
  return (
    (messages !== null && messages.rate.perSec > 0) ||
    steps.some(sends) ||
    answers.length > 0 ||
    connect.heartbeat !== null
  );
}

function sends(step: StrictStep): boolean {
  switch (step.kind) {
    case "send":
    case "ping":
      return true;
    case "repeat":
      return step.steps.some(sends);
    case "choose":
      return step.branches.some(({ steps }) => steps.some(sends));
    default:
      return false;
  }
}

/** Means of exponential stays after which about as many go as come. */
const SETTLING_MEANS = 3;

/** The longest time in which a phase keeps its load. */
function steadyUs(phase: StrictPhase): number {
  switch (phase.ramp) {
    case "hold":
    case "burst":
      return phase.durationUs;
    case "arrivals": {
      const { from, to } = endsOf(phase.arrivalsPerSec);
      if (from !== to) return 0;
      // Until the first that came go, there are more all the time.
      const { kind, meanUs } = phase.stay;
      const comingUs = kind === "fixed" ? meanUs : SETTLING_MEANS * meanUs;
      return Math.max(0, phase.durationUs - comingUs);
    }
    case "step":
      return phase.durationUs / phase.steps;
    case "points":
      return Math.max(
        ...phase.points.map(([atUs, to], at) => {
          const [nextUs, next] = phase.points[at + 1] ?? [phase.durationUs, to];
          return next === to ? nextUs - atUs : 0;
        }),
      );
    default:
      return 0;
  }
}

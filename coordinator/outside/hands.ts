/**
 * The hands that a run has outside of its load: requests to other services and commands, as far as they were allowed. Called by
 * outside-faults.ts, clean-up.ts, coordinator/checkpoints and coordinator/environment. Invariant: what nobody has allowed is not done,
 * and what is done is over at its limit.
 */
import { OnrushError } from "../../shared/errors.ts";
import { MASK } from "../../shared/scenario/mask/mask.ts";
import type { Answer } from "../../shared/scenario/sections/environment/rule.ts";
import type {
  Hands,
  OutsideRequest,
  OutsideResult,
} from "../../shared/scenario/sections/faults/outside/outside.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import { WITHOUT_SECRETS } from "../active-run/request.ts";
import { checkCommand } from "../plan/allowed-commands.ts";
import { askFor, httpCall } from "./http-call.ts";
import { runCommand } from "./run-command.ts";
import { shown } from "./shown.ts";

export interface HandTerms {
  /** What it is done for: named to commands. */
  readonly id: string;
  readonly limitUs: number;
  /** Ends it at once. */
  readonly signal: AbortSignal;
  /** Nothing that a command has started outlives it. */
  readonly leavesNothing?: boolean;
}

/** All but those that reach workers, which only faults do. */
export function handsFor(
  run: ActiveRun,
  { id, limitUs, signal, leavesNothing }: HandTerms,
): Omit<Hands, "order"> {
  const { request, timers } = run;
  return {
    request: (asked, { isEnd } = { isEnd: false }) =>
      httpCall(asked, callLimits(run, { limitUs, signal: isEnd ? NEVER : signal })),
    wait: (forUs) => passed(forUs, timers, signal),
    execute: async (file, args) => {
      try {
        checkCommand(file, request.allowCommands ?? []);
      } catch (error) {
        if (!(error instanceof OnrushError)) throw error;
        return notDone(error.message);
      }
      const limits = { limitMs: limitUs / 1000, timers, signal, run: run.id, fault: id };
      return runCommand(file, args, { ...limits, ...(leavesNothing && { leavesNothing }) });
    },
  };
}

/** Not cut off with the run. */
const NEVER = new AbortController().signal;

function passed(forUs: number, timers: ActiveRun["timers"], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = timers.after(Math.ceil(forUs / 1000), end);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}

/** Never rejects. @param most bytes of an answer that are read */
export function askOutside(
  run: ActiveRun,
  asked: OutsideRequest,
  terms: Pick<HandTerms, "limitUs" | "signal">,
  most: number,
): Promise<Answer | { readonly failed: string }> {
  return askFor(asked, callLimits(run, terms), most);
}

function callLimits(
  { request, timers, plan }: ActiveRun,
  { limitUs, signal }: Pick<HandTerms, "limitUs" | "signal">,
) {
  const { tls } = plan.document.scenario.connect;
  return { tls, allowed: request.allowTargets, limitMs: limitUs / 1000, timers, signal };
}

/** What came of something, without the scenario's secrets, on one line. */
export function tellable({ plan }: ActiveRun, { ok, outcome }: OutsideResult): OutsideResult {
  return { ok, outcome: shown(outcome, plan.document.scenario.secrets) };
}

export function notDone(why: string): OutsideResult {
  return { ok: false, outcome: `not done: ${why}` };
}

/** Of something to be done that has lost its secrets with the coordinator that knew them. */
export const SECRETS_LOST = notDone(WITHOUT_SECRETS);

/** Whether parts of it are secrets that this coordinator does not know. */
export function lacksSecrets({ request }: ActiveRun, act: unknown): boolean {
  return request.redacted === true && JSON.stringify(act).includes(MASK);
}

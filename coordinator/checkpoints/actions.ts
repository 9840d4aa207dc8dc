/**
 * The hands that actions of a checkpoint have. Made by checkpoints.ts. Invariant: what they begin is in the journal, or is asked of another
 * service within its limit.
 */
import { createHash } from "node:crypto";
import type {
  ActionHands,
  ReachedCheckpoint,
} from "../../shared/scenario/sections/checkpoints/action.ts";
import type { OutsideResult } from "../../shared/scenario/sections/faults/outside/outside.ts";
import { type ActiveRun, ignoreOperating } from "../active-run/active-run.ts";
import type { AskedFault, FaultDesk } from "../live/fault-desk.ts";
import { handsFor, notDone } from "../outside/hands.ts";
import { stretchPhase } from "./stretch.ts";

export interface ActionTerms {
  readonly faults: FaultDesk;
  readonly reached: ReachedCheckpoint;
  /** Unique in the run: the same, when it is begun again. */
  readonly key: string;
  /** Ends at once what is under way. */
  readonly signal: AbortSignal;
}

export function actionHands(
  run: ActiveRun,
  { faults, reached, key, signal }: ActionTerms,
): ActionHands {
  return {
    reached,
    endRun: async (reason) => {
      // It is in the journal: what the bus does not take now, the next round of the run says to it.
      await run.requestEnd("stop", "checkpoint", reason).catch(ignoreOperating);
      return { ok: true, outcome: reason };
    },
    startFault: async (text) => {
      const request = { key: digest(`checkpoint ${key}`), content: digest(text) };
      return startedText(await faults.ask(text, request));
    },
    stretchPhase: (byUs) => stretchPhase(run, byUs),
    request: (asked, limitUs) =>
      handsFor(run, { id: reached.checkpoint, limitUs, signal }).request(asked),
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function startedText(asked: AskedFault): OutsideResult {
  switch (asked.kind) {
    case "asked": {
      const [first] = asked.fault.windows;
      return { ok: true, outcome: `fault ${asked.fault.id} begins at ${first?.from ?? 0} s` };
    }
    case "invalid":
      return notDone(asked.issues.map(({ what }) => what).join("; "));
    case "key-reused":
      return notDone("another fault was begun for this checkpoint before");
    case "late":
      return notDone("the load of the run is over");
  }
}

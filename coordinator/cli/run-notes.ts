/** What a person should know of a run at once, beside its numbers; the rest is in the journal. Used by run.ts and watch.ts. */

import { countOf, formatCount } from "../report/text/format.ts";
import type { RunEvent, SearchPurpose } from "../store/event.ts";
import { escapeForTerminal } from "./terminal/escape.ts";
import type { Progress } from "./terminal/progress.ts";

/** @returns takes each event of one run, in order */
export function eventNotes(progress: Progress): (event: RunEvent) => void {
  let purpose: SearchPurpose = "climb";
  return (event) => {
    if (event.type === "search-level") ({ purpose } = event);
    else if (event.type === "search-judged") progress.note(judgedText(event, purpose));
    else noteEvent(event, progress);
  };
}

function noteEvent(event: RunEvent, progress: Progress): void {
  switch (event.type) {
    case "worker-lost":
      progress.note(
        `worker ${escapeForTerminal(event.id)} lost: ${escapeForTerminal(event.reason, 300)}`,
      );
      break;
    case "worker-joined":
      // Those of the start are named in the opening line.
      if (event.elapsedUs !== null)
        progress.note(`worker ${escapeForTerminal(event.id)} joined the run`);
      break;
    case "worker-recovered":
      progress.note("what the lost worker held is taken over by others");
      break;
    case "end-requested":
      if (event.by === "threshold" || event.by === "checkpoint")
        progress.note(`ending early: ${escapeForTerminal(event.reason, 300)}`);
      break;
    case "fault-began":
      progress.note(`fault ${escapeForTerminal(event.id)} began${victimsText(event.victims)}`);
      break;
    case "fault-ended":
      progress.note(
        `fault ${escapeForTerminal(event.id)} is over: ${countOf(event.hit, "connection")} hit`,
      );
      break;
    case "outside-began":
      progress.note(`fault ${escapeForTerminal(event.id)} began`);
      break;
    case "outside-ended":
      progress.note(
        `fault ${escapeForTerminal(event.id)}: ${event.ok ? "" : "FAILED, "}${escapeForTerminal(event.outcome, 300)}`,
      );
      break;
    case "checkpoint-reached":
      progress.note(`checkpoint ${escapeForTerminal(event.name)} reached`);
      break;
    case "checkpoint-acted":
      if (event.kind !== "mark" || !event.ok)
        progress.note(`${event.kind} of checkpoint ${told(event)}`);
      break;
    case "environment-checked":
      if (!event.ok) progress.note(`environment, ${event.when} the load: ${told(event)}`);
      break;
    case "cleanup-ended":
      progress.note(`clean-up ${told(event)}`);
      break;
    case "probed":
      progress.note(
        `probe run ${escapeForTerminal(event.run)}: ${escapeForTerminal(event.seen, 300)}`,
      );
      break;
    case "note":
      progress.note(escapeForTerminal(event.message, 300));
      break;
  }
}

/** What came of something that has a name. */
function told(event: {
  readonly name: string;
  readonly ok: boolean;
  readonly outcome: string;
}): string {
  const { name, ok, outcome } = event;
  return `${escapeForTerminal(name)}: ${ok ? "" : "FAILED, "}${escapeForTerminal(outcome, 300)}`;
}

function victimsText(victims: number | null): string {
  return victims === null ? "" : `: ${countOf(victims, "connection")} to hit`;
}

/** By what the level was for: a rest is to see whether the target recovers, the others look for the limit. */
function judgedText(
  { planned, verdict, reason }: Extract<RunEvent, { type: "search-judged" }>,
  purpose: SearchPurpose,
): string {
  const at = `${formatCount(planned)} connections`;
  const what = {
    held: purpose === "rest" ? `recovered at ${at}` : `${at} sustained`,
    broken: purpose === "rest" ? `not recovered yet at ${at}` : `${at} exceed the limit`,
    untrusted: `${at} not judged`,
  }[verdict];
  return `find-limit: ${what}${reason === "" ? "" : `: ${escapeForTerminal(reason, 300)}`}`;
}

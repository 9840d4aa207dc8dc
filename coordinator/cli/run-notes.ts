/** What a person should know of a run at once, beside its numbers; the rest is in the journal. Used by run.ts and watch.ts. */

import { formatCount } from "../report/format.ts";
import type { RunEvent } from "../store/event.ts";
import { escapeForTerminal } from "./terminal/escape.ts";
import type { Progress } from "./terminal/progress.ts";

export function noteEvent(event: RunEvent, progress: Progress): void {
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
      if (event.by === "threshold")
        progress.note(`ending early: ${escapeForTerminal(event.reason, 300)}`);
      break;
    case "search-judged": {
      const what = { held: "held", broken: "too many", untrusted: "not judged" }[event.verdict];
      const why = event.reason === "" ? "" : `: ${escapeForTerminal(event.reason, 300)}`;
      progress.note(`find-limit: ${formatCount(event.planned)} connections ${what}${why}`);
      break;
    }
    case "note":
      progress.note(escapeForTerminal(event.message, 300));
      break;
  }
}

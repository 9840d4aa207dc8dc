/**
 * Statistics that are counts, and what they are shares of: the one arithmetic for whole runs (observe-count.ts) and for their last
 * seconds (recent.ts). Pure. Invariant: what is not recorded is null, never 0.
 */

/** A counter by its name; null: not recorded for what is looked at. */
export type Read = (counter: string) => number | null;

/** @param ownFailures attempts that the generator could not make: not held against the target; they make the run invalid */
export function countedOf(statistic: string, read: Read, ownFailures: number): number | null {
  switch (statistic) {
    // A rate is that of what was sent.
    case "rate":
    case "sent": {
      // What never left this process was not sent.
      const sent = read("sent");
      return sent === null ? null : sent - (read("discarded") ?? 0);
    }
    case "skipped":
      return sum(read, "skippedNotOpen", "skippedBehind", "skippedBackpressure");
    case "failed": {
      const failed = read("failed");
      return failed === null ? null : failed - ownFailures;
    }
    default:
      return read(statistic);
  }
}

/** What a count is a share of; null: of nothing. What is under way is no part of it: a run that goes on is judged alike. */
export function wholeOf(statistic: string, read: Read): number | null {
  switch (statistic) {
    case "established":
      return sum(read, "established", "failed");
    case "failed":
    case "reconnects":
      return read("attempted");
    case "closed":
      return read("established");
    case "completed":
      return sum(read, "completed", "failed");
    case "sent":
    case "skipped":
    case "skippedNotOpen":
    case "skippedBehind":
    case "skippedBackpressure":
      return read("planned");
    case "matched":
    case "rejected":
    case "timedOut":
    case "unanswered":
      return (
        sum(read, "matched", "rejected", "timedOut", "corruptReplies", "unanswered") ??
        sum(read, "matched", "timedOut", "corruptReplies", "unanswered") ??
        read("expected") ??
        read("sent")
      );
    case "lost":
      // What should have come: replies, and messages whose numbers say that they were sent.
      return sum(read, "expected", "audited", "missing") ?? read("expected");
    case "late":
      // Per message it is not recorded what came at all, but what was waited for.
      return sum(read, "received", "parts") ?? read("received") ?? read("expected");
    case "unsolicited":
    case "recognised":
    case "duplicated":
    case "reordered":
    case "corrupt":
    case "leaked":
      return sum(read, "received", "parts") ?? read("received");
    default:
      return null;
  }
}

function sum(read: Read, ...counters: string[]): number | null {
  const values = counters.map(read);
  return values.includes(null)
    ? null
    : values.reduce((all: number, value) => all + (value ?? 0), 0);
}

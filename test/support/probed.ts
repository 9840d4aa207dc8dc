/** What a probe run said of a run, and the first cause of the target: for the tests of `--auto-probe`, of one machine and of a coordinator. */
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import type { RunEvent } from "../../coordinator/store/event.ts";
import { readJournal } from "../../coordinator/store/journal-reader.ts";
import { runPath } from "../../coordinator/store/run-directory.ts";

/** Of the target: that this machine was too busy to be sure is said before. */
export function firstCause({ findings }: Summary): Summary["findings"][number] | undefined {
  return findings.find(({ locus }) => locus !== "generator");
}

/** In the order of the journal. */
export async function probedIn(directory: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const record of readJournal(runPath.journal(directory)))
    if (record.type === "event" && record.event.type === "probed") events.push(record.event);
  return events;
}

/**
 * Goal: evidence that is not there never makes a cause surer, and what workers are called changes nothing. Method: stored journals of runs
 * with findings, those of FaultBench among them, judged again without one kind of evidence, and with other names of workers.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { CONFIDENCES } from "../../../../coordinator/analysis/judgement.ts";
import { readFacts } from "../../../../coordinator/merge/facts.ts";
import { RunFold } from "../../../../coordinator/merge/run-fold.ts";
import { buildSummary } from "../../../../coordinator/report/summary.ts";
import type { SummaryFinding } from "../../../../coordinator/report/summary-judged-schema.ts";
import type { RunEvent } from "../../../../coordinator/store/event.ts";
import type { JournalRecord } from "../../../../coordinator/store/journal-record.ts";
import type { Frame } from "../../../../shared/wire/frame/frame.ts";
import { decodeFrame, encodeFrame } from "../../../../shared/wire/frame/frame-codec.ts";
import {
  FAULTS,
  recordsOf,
  runsIn,
  STORED,
  storedDirectories,
} from "../../../support/stored-journals.ts";

/** What a worker may not have recorded, or a system not tell. */
const WITHOUT: Readonly<Record<string, (frame: Frame) => Frame>> = {
  "single failures": (frame) => ({ ...frame, events: [] }),
  "healthy connections": (frame) => ({ ...frame, controls: [] }),
  "figures of the kernel": ({ kernel: _, ...frame }) => frame,
  "probes and the target's own figures": ({ sentinel: _, ...frame }) => frame,
  "samples of failures": (frame) => ({
    ...frame,
    failures: frame.failures.map((group) => ({ ...group, sample: null })),
  }),
  "time waited for a processor": (frame) => ({
    ...frame,
    health: { ...frame.health, processorWait: 0 },
  }),
};

function findingsOf(
  records: readonly JournalRecord[],
  frameChange: (frame: Frame) => Frame,
  eventChange: (event: RunEvent) => RunEvent = (event) => event,
): readonly SummaryFinding[] {
  const [first] = records;
  if (first?.type !== "header") throw new Error("there is no header");
  const fold = new RunFold(readFacts(first.header));
  for (const record of records) {
    if (record.type === "frame") {
      fold.apply({ ...record, body: changedBody(record.body, fold, frameChange) });
    } else if (record.type === "event") {
      fold.apply({ ...record, event: eventChange(record.event) });
    }
  }
  return buildSummary(fold).findings;
}

/** Of a frame that cannot be read: as it is. */
function changedBody(body: Uint8Array, fold: RunFold, change: (frame: Frame) => Frame): Uint8Array {
  let frame: Frame;
  try {
    frame = decodeFrame(body, fold.merge.dictionaries);
  } catch {
    return body;
  }
  return encodeFrame(change(frame));
}

/** 0: the surest. */
function rankOf({ confidence }: SummaryFinding): number {
  return (CONFIDENCES as readonly string[]).indexOf(confidence);
}

const withFindings = new Map<string, readonly JournalRecord[]>();
beforeAll(async () => {
  for (const folder of [STORED, FAULTS]) {
    using directories = storedDirectories(folder);
    for (const run of runsIn(folder)) {
      const records = await recordsOf(directories.of(run));
      if (records[0]?.type !== "header") continue;
      if (findingsOf(records, (frame) => frame).length > 0) withFindings.set(run, records);
    }
  }
});

it("there are runs to look at", () => {
  expect(withFindings.size).toBeGreaterThanOrEqual(10);
});

describe.each(Object.entries(WITHOUT))("without %s", (_, without) => {
  it("no cause is surer", () => {
    for (const [run, records] of withFindings) {
      const before = findingsOf(records, (frame) => frame);
      const surest = Math.min(...before.map(rankOf));
      for (const [place, finding] of findingsOf(records, without).entries()) {
        const about = `${run}: ${finding.id ?? finding.cause}`;
        expect(rankOf(finding), about).toBeGreaterThanOrEqual(surest);
        const at = before.findIndex(
          ({ id, cause }) => id === finding.id && cause === finding.cause,
        );
        const same = before[at];
        if (same === undefined) continue;
        expect(rankOf(finding), about).toBeGreaterThanOrEqual(rankOf(same));
        // Of two causes the second is likelier where the first is not seen any more.
        if (place < at) continue;
        expect(finding.probability ?? 0, about).toBeLessThanOrEqual(same.probability ?? 0);
      }
    }
  });
});

it("what workers are called changes nothing", () => {
  let renamed = 0;
  for (const [run, records] of withFindings) {
    const ids = [
      ...new Set(
        records.flatMap((record) =>
          record.type === "event" && record.event.type === "worker-joined" ? record.event.id : [],
        ),
      ),
    ];
    const other = (id: string) => `worker-${ids.length - ids.indexOf(id)}-of-others`;
    const rename = (event: RunEvent): RunEvent =>
      event.type === "worker-joined" || event.type === "worker-lost"
        ? { ...event, id: other(event.id) }
        : event;
    const found = JSON.stringify(findingsOf(records, (frame) => frame, rename));
    const back = ids.reduce((text, id) => text.replaceAll(other(id), id), found);
    expect(JSON.parse(back), run).toEqual(findingsOf(records, (frame) => frame));
    renamed += ids.length;
  }
  expect(renamed).toBeGreaterThan(10);
});

/**
 * Goal: of real runs with faults of known cause both causes are named, in their order, and the report tells what failed first; an announced
 * restart is none. Method: journals of runs of FaultBench with a development seed (test/faultbench/cases: X1, X2, X3, X8, C2, C3, C4, H7), stored
 * in test/fixtures/faults; C2 and C4 with half a minute before the fault, so that there is a normal band to leave.
 */
import { afterAll, expect, test } from "vitest";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { onsetsOf } from "../../../../coordinator/analysis/onsets/onsets.ts";
import { readFacts } from "../../../../coordinator/merge/facts.ts";
import { RunFold } from "../../../../coordinator/merge/run-fold.ts";
import { FAULTS, recordsOf, storedDirectories } from "../../../support/stored-journals.ts";

const directories = storedDirectories(FAULTS);
afterAll(() => directories[Symbol.dispose]());

async function foldOf(run: string): Promise<RunFold> {
  const [header, ...records] = await recordsOf(directories.of(run));
  const fold = new RunFold(readFacts(header?.type === "header" ? header.header : null));
  for (const record of records) if (record.type !== "header") fold.apply(record);
  return fold;
}

const found = async (run: string) => diagnose(new Signals(await foldOf(run)), DETECTORS);

test.each([
  // The generator's own pauses are a finding of its own.
  ["pauses-of-both", ["event-loop-pauses"]],
  ["idle-timeout-and-crash", ["idle-timeout", "crash-and-restart"]],
  ["slow-message-and-loss", ["slow-message-type", "network-loss"]],
  ["storm-without-recovery", ["reconnect-storm", "no-recovery"]],
  ["backlog", ["dependency-pool"]],
  ["cascade", ["failure-cascade"]],
  ["one-worker", ["unknown"]],
  ["announced-restarts", []],
])("%s", async (run, causes) => {
  expect((await found(run)).map(({ cause }) => cause)).toEqual(causes);
});

test("failures of one worker: it cannot be separated from its backend, and what could is said", async () => {
  const [one] = await found("one-worker");
  expect(one).toMatchObject({
    locus: "unknown",
    nextProbe: expect.stringContaining("localAddresses"),
  });
  expect(one?.against.join()).toContain("cannot separate");
});

/** What left its band, in order; of one place in any order. */
async function order(run: string): Promise<string[]> {
  const places = new Map<number, string[]>();
  for (const { subject, place } of onsetsOf(await foldOf(run))) {
    const of = subject.what === "failure" ? subject.kind : subject.what;
    places.set(place, [...(places.get(place) ?? []), of]);
  }
  return [...places.values()].map((all) => [...new Set(all)].toSorted().join(", "));
}

test("a backlog: replies are late before anything fails", async () => {
  expect(await order("backlog")).toEqual([
    "latency",
    "heartbeat-timeout, reconnects, reply-timeout, unanswered",
  ]);
});

test("a cascade: the target that died first is the first that does not serve, the last one the last", async () => {
  const fold = await foldOf("cascade");
  const [cascade] = diagnose(new Signals(fold), DETECTORS);
  const targets = onsetsOf(fold).flatMap(({ subject }) =>
    subject.what === "not-served" ? [fold.facts.scenario.targets[subject.target]?.label] : [],
  );
  expect(targets).toHaveLength(3);
  expect(targets.slice(0, 2)).toContain(cascade?.scope?.target);
  expect(cascade?.sentence).toContain(`then ${targets[2]} after it`);
});

/** Goal: run directories of every released version stay readable: their journals give the counts their summaries stated. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rebuildRun } from "../../../coordinator/report/rebuild.ts";

const RUNS = new URL("../../fixtures/runs/", import.meta.url);

interface Stored {
  readonly run: string;
  readonly durationSeconds: number;
  readonly connections: Record<string, unknown>;
  readonly messages: Record<string, unknown>;
  readonly phases: readonly { readonly messages: Record<string, unknown> }[];
}

/** Which seconds a distribution is taken over may change from version to version; what was counted may not. */
function countsOf(section: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(section).filter(([, value]) => typeof value === "number"),
  );
}

describe.each(readdirSync(RUNS))("a run directory of version %s", (version) => {
  const directory = new URL(`${version}/`, RUNS);
  const stored = JSON.parse(readFileSync(new URL("summary.json", directory), "utf8")) as Stored;

  it("is whole, its ledger balances and every figure is what it was", async () => {
    const { summary, incomplete, notes } = await rebuildRun(directory.pathname);
    expect({ incomplete, notes }).toEqual({ incomplete: false, notes: [] });
    expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
    expect(summary.validity.framesMissing).toBe(0);
    expect(summary.run).toBe(stored.run);
    expect(summary.durationSeconds).toBe(stored.durationSeconds);
    expect(summary.connections).toMatchObject(countsOf(stored.connections));
    expect(summary.messages).toMatchObject(countsOf(stored.messages));
    expect(summary.phases.map(({ messages }) => messages)).toMatchObject(
      stored.phases.map(({ messages }) => countsOf(messages)),
    );
  });
});

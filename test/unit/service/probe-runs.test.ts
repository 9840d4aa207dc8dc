/**
 * Goal: a probe run waits for workers as long as it may and no longer, ends when its run is stopped, is made by one coordinator alone, and
 * whatever came of it is said. Method: a run whose first cause is not certain, a probe run that waits in line until it is ended, and a clock
 * that moves while somebody sleeps. Probe runs that come to their end: test/integration/coordinator-auto-probe.test.ts.
 */
import { describe, expect, it } from "vitest";
import { PROBE_WANTED } from "../../../coordinator/service/service-file.ts";
import { scratch } from "../../support/programs.ts";
import { entryOf, FILE, PROBE_RUN, RUN, stage } from "./probe-stage.ts";

describe("a probe run in line", () => {
  it("is given up after 2 minutes, and that is said", async () => {
    using folder = scratch();
    const staged = stage(folder.path, { isWaiting: true });
    const { first, outcome, what, probeRuns, started, nowUs, saved } = staged;
    expect(await probeRuns.after(first, outcome, what)).toBe(outcome);
    expect(nowUs()).toBeGreaterThan(120e6);
    expect(nowUs()).toBeLessThan(125e6);
    const said = "no probe run: within 2 minutes no workers were free for it";
    expect(saved(RUN).probe).toEqual({ kind: "slower-ramp", run: PROBE_RUN, outcome: said });
    expect(saved(PROBE_RUN).commands.end).toBe("abort");
    expect(started).toMatchObject([{ source: { text: expect.stringMatching(/^# A probe run/) } }]);
    // Once is enough: what is settled is left alone.
    await probeRuns.after(first, outcome, what);
    expect(started).toHaveLength(1);
  });

  it("ends as its run is asked to", async () => {
    using folder = scratch();
    const { first, outcome, what, probeRuns, entries, saved } = stage(folder.path);
    const settled = probeRuns.after(first, outcome, what);
    await expect.poll(() => entries.get(PROBE_RUN)?.isOpened).toBe(true);
    await first.end("stop");
    await settled;
    expect(saved(PROBE_RUN).commands.end).toBe("stop");
    expect(saved(RUN).probe?.outcome).toContain("did not come to its end");
  });

  it("is left to the next coordinator by one that ends", async () => {
    using folder = scratch();
    const { first, outcome, what, probeRuns, entries, leave, saved } = stage(folder.path);
    const settled = probeRuns.after(first, outcome, what);
    const refused = expect(settled).rejects.toMatchObject({ code: "ONRUSH_COORDINATOR_TAKEN" });
    await expect.poll(() => entries.get(PROBE_RUN)?.isOpened).toBe(true);
    leave();
    await refused;
    const probe = { kind: "slower-ramp", run: PROBE_RUN, outcome: null };
    expect(saved(RUN).probe).toEqual(probe);
    expect(entries.get(PROBE_RUN)?.ending).toBeNull();
  });
});

describe("after a restart", () => {
  const again = "no probe run: the coordinator was started again before it began";

  it("one that was named and never began is not made", async () => {
    using folder = scratch();
    const named = { kind: "slower-ramp", run: PROBE_RUN, outcome: null };
    const { first, outcome, what, probeRuns, started, saved } = stage(folder.path, {
      probe: named,
    });
    probeRuns.learn(RUN, { ...FILE, probe: named });
    expect(probeRuns.isPending(RUN)).toBe(true);
    await probeRuns.after(first, outcome, what);
    expect(saved(RUN).probe).toEqual({ ...named, outcome: again });
    expect(started).toEqual([]);
    expect(probeRuns.isPending(RUN)).toBe(false);
  });

  it("none is made of a scenario without its secrets", async () => {
    using folder = scratch();
    const { first, outcome, what, probeRuns, started, saved } = stage(folder.path);
    await probeRuns.after(first, outcome, { ...what, redacted: true });
    expect(saved(RUN).probe).toEqual({ ...PROBE_WANTED, outcome: again });
    expect(started).toEqual([]);
  });
});

it("a run that was broken off has none, and one that nobody asked for is left alone", async () => {
  using folder = scratch();
  const { first, outcome, what, probeRuns, started, saved } = stage(folder.path);
  await probeRuns.after(first, { ...outcome, exitCode: 103 }, what);
  expect(saved(RUN).probe?.outcome).toBe("no probe run: the run did not come to its end");
  const other = entryOf(folder.path, "other", null);
  expect(await probeRuns.after(other, outcome, what)).toBe(outcome);
  expect(started).toEqual([]);
});

import { describe, expect, it } from "vitest";
import { buildPopulation } from "../../../shared/load/arrivals.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import { METRICS } from "../../../shared/stats/counters.ts";
import { MergedHistogram } from "../../../shared/stats/histogram.ts";
import type { Frame } from "../../../shared/wire/frame/frame.ts";
import { decodeFrame } from "../../../shared/wire/frame/frame-codec.ts";
import { WIRE_VERSION } from "../../../shared/wire/plan.ts";
import { wholeShard } from "../../../shared/wire/slice.ts";
import { Engine } from "../../../worker/engine/engine.ts";
import { Turns, type TurnTimers } from "../../../worker/engine/turn/turns.ts";
import { resolveTargets } from "../../../worker/reach/resolve.ts";
import { SimRandom } from "../../sim/sim-random.ts";
import { SimTarget } from "../../sim/sim-target.ts";
import { SimProcess, SimTime } from "../../sim/sim-time.ts";
import { messages, scenario } from "../../support/scenario.ts";

const SECONDS = 20;

/** One connection for 20 s, without messages unless told. */
function oneConnection(over: Partial<StrictScenario> = {}): StrictScenario {
  const phase = { exclude: false, messageFactor: 1 } as const;
  return scenario("ws://127.0.0.1:9/{{conn.index}}", {
    phases: [
      { ...phase, phase: "up", durationUs: 500_000, ramp: "linear", to: 1 },
      { ...phase, phase: "hold", durationUs: SECONDS * 1e6 - 500_000, ramp: "hold" },
    ],
    messages: null,
    ...over,
  });
}

/** The production engine and its turns, on virtual time. */
class Rig {
  readonly time = new SimTime();
  readonly process = new SimProcess("worker", this.time);
  readonly target = new SimTarget(this.time, new SimRandom(1, 1));
  readonly frames: Frame[] = [];
  readonly turnsAtUs: number[] = [];
  startUs = 0;
  engine!: Engine;
  turns!: Turns;

  async begin(what: StrictScenario): Promise<void> {
    const { process } = this;
    const monotonicUs = () => process.monotonicUs();
    const population = buildPopulation(what);
    const timers: TurnTimers = {
      monotonicUs,
      every(periodMs, callback) {
        let cancel = () => {};
        const again = () => {
          cancel = process.after(periodMs, () => {
            again();
            callback();
          });
        };
        again();
        return () => cancel();
      },
      after: (delayMs, callback) => process.after(delayMs, callback),
      afterReading: (callback) => void process.after(0, callback),
    };
    const engine = new Engine({
      plan: {
        ...{
          version: WIRE_VERSION,
          run: "run",
          hash: "",
          scenario: what,
          shards: 8,
          allowTargets: [],
        },
        ...{ connections: population.connections, durationUs: population.profile.durationUs },
        ...{ drainUs: 10_000_000, recoverWithinUs: 3_000_000, onBusLoss: "fence" },
      },
      engine: 0,
      targets: await resolveTargets(what, [], monotonicUs),
      monotonicUs,
      driver: this.target.driverFor(process),
      afterReading: timers.afterReading,
      onWoken: () => this.turns.wake(),
      report: (report) => {
        if (report.type === "frame") this.frames.push(decodeFrame(report.body));
      },
    });
    this.engine = engine;
    this.turns = new Turns(engine, timers, () => this.turnsAtUs.push(this.runUs));
    this.turns.begin();
    engine.addSlices([...Array(8).keys()].map(wholeShard));
    this.startUs = process.monotonicUs() + 300_000;
    engine.start(this.startUs);
    this.turns.wake();
  }

  get runUs(): number {
    return this.process.monotonicUs() - this.startUs;
  }

  /** Up to a moment of run time, or the end. */
  async run(untilUs = Number.POSITIVE_INFINITY): Promise<void> {
    const endUs = Math.min(untilUs, 60e6) + this.startUs;
    const { time } = this;
    // Its own last timer, so that none of the engine's is taken for the end.
    time.after((endUs - time.nowUs) / 1000, () => {});
    await time.run(endUs, () => this.engine.finished || time.nowUs >= endUs);
  }

  turnsBetween(fromUs: number, toUs: number): number {
    return this.turnsAtUs.filter((atUs) => atUs >= fromUs && atUs < toUs).length;
  }

  count(pick: (frame: Frame) => number): number {
    return this.frames.reduce((sum, frame) => sum + pick(frame), 0);
  }

  highest(metric: (typeof METRICS)[number]): number {
    const merged = new MergedHistogram();
    const id = METRICS.indexOf(metric);
    for (const { histograms } of this.frames) {
      for (const row of histograms) if (row.metric === id) merged.add(row.bytes);
    }
    return merged.max;
  }
}

describe("an engine that has nothing to do", () => {
  it("turns a few times a second, and reports every second and the end in time", async () => {
    const rig = new Rig();
    await rig.begin(oneConnection());
    await rig.run();
    expect(rig.engine.finished).toBe(true);
    expect(rig.turnsBetween(2e6, 12e6)).toBeLessThanOrEqual(150);
    expect(rig.frames.map(({ second }) => second)).toEqual([...Array(SECONDS + 1).keys()]);
    expect(rig.target.accepted).toBe(1);
    const [seen] = rig.target.seen;
    const heldUs = (seen?.closedUs ?? 0) - rig.startUs;
    expect(Math.round(heldUs / 10_000)).toBe(Math.round((SECONDS * 1e6) / 10_000));
  });

  it("waits for its start without a turn in between", async () => {
    const rig = new Rig();
    await rig.begin(oneConnection());
    await rig.run(0);
    expect(rig.turnsBetween(-290_000, -5000)).toBe(0);
    await rig.run(100_000);
    expect(rig.turnsBetween(0, 5000)).toBeGreaterThan(0);
  });

  it("ends at once when it is told to, and cuts when its lease is over", async () => {
    const stopped = new Rig();
    await stopped.begin(oneConnection());
    await stopped.run(5.0403e6);
    stopped.engine.end("stop");
    stopped.turns.wake();
    await stopped.run(5.06e6);
    expect(stopped.engine.finished).toBe(true);

    const fenced = new Rig();
    await fenced.begin(oneConnection());
    await fenced.run(4e6);
    fenced.engine.setLease(fenced.startUs + 5.0407e6);
    fenced.turns.wake();
    await fenced.run(5.04e6);
    expect(fenced.engine.finished).toBe(false);
    await fenced.run(5.044e6);
    expect(fenced.engine.finished).toBe(true);
    expect(fenced.frames.at(-1)?.closes).toEqual([{ cause: "fenced", count: 1 }]);
  });
});

describe("an engine with a message now and then", () => {
  it("sends each within a turn of its time, and rests between", async () => {
    const rig = new Rig();
    const rate = { kind: "perConnection", perSec: 7 } as const;
    await rig.begin(oneConnection({ messages: messages({ rate, arrival: "poisson" }) }));
    await rig.run();
    expect(rig.target.messagesIn).toBeGreaterThan(80);
    expect(rig.highest("sendLag")).toBeLessThanOrEqual(2100);
    expect(rig.turnsBetween(2e6, 12e6)).toBeLessThanOrEqual(10 * (15 + 7 * 6));
  });

  it("sends those of a total rate in time, too", async () => {
    const rig = new Rig();
    const rate = { kind: "total", perSec: 7 } as const;
    await rig.begin(oneConnection({ messages: messages({ rate }) }));
    await rig.run();
    expect(rig.target.messagesIn).toBeGreaterThan(80);
    expect(rig.highest("sendLag")).toBeLessThanOrEqual(2100);
  });

  it("counts how late a turn comes from when it was due, and reads before it times anything out", async () => {
    const rig = new Rig();
    const rate = { kind: "perConnection", perSec: 2 } as const;
    await rig.begin(oneConnection({ messages: messages({ rate }) }));
    await rig.run(5.1e6);
    const sent = rig.target.messagesIn;
    rig.process.pause(40);
    await rig.run(8e6);
    expect(rig.target.messagesIn).toBeGreaterThan(sent);
    rig.process.pause(700);
    await rig.run();
    expect(rig.highest("loopLag")).toBeGreaterThan(500_000);
    expect(rig.highest("loopLag")).toBeLessThanOrEqual(700_000);
    expect(rig.count(({ failures }) => failures.length)).toBe(0);
  });
});

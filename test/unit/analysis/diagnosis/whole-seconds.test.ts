/**
 * Goal: where results of a run are missing, the seconds that have all of theirs still count. Method: numbers of engines by second, as they are
 * when a worker is replaced, joins late, leaves, or when frames are lost; and a run with one frame too few.
 */
import { expect, test } from "vitest";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { wholeSeconds } from "../../../../coordinator/analysis/diagnosis/whole-seconds.ts";
import { RunFold } from "../../../../coordinator/merge/run-fold.ts";
import { begun, ended, facts, joined, SyntheticEngine, tell } from "../../merge/synthetic-run.ts";

/** Seconds that are not whole, of as many engines by second. */
function partsOf(engines: readonly number[]): number[] {
  return wholeSeconds(engines.map((one) => ({ engines: one }))).flatMap((isWhole, second) =>
    isWhole ? [] : [second],
  );
}

const times = (seconds: number, engines: number) => Array<number>(seconds).fill(engines);

test("a worker and its replacement report the same second: the others are whole", () => {
  expect(partsOf([...times(50, 2), 3, ...times(50, 2)])).toEqual([]);
});

test("workers that join late make those before no less whole", () => {
  expect(partsOf([...times(100, 2), ...times(100, 4)])).toEqual([]);
});

test("nor do those that leave", () => {
  expect(partsOf([...times(100, 4), ...times(100, 2)])).toEqual([]);
});

test("seconds without all of their frames are not whole, also at the end", () => {
  expect(partsOf([...times(40, 2), 1, 1, 1, ...times(40, 2), 1, 0])).toEqual([40, 41, 42, 83, 84]);
});

test("a run in which a frame is missing is clean in all other seconds", () => {
  const phase = { ramp: "burst", to: 4, exclude: false, messageFactor: 1 } as const;
  const fold = new RunFold(facts({ phases: [{ ...phase, phase: "all", durationUs: 40e6 }] }));
  begun(fold, 1, 2);
  for (const epoch of [1, 2]) {
    const engine = new SyntheticEngine();
    for (let second = 0; second < 40; second++) {
      const body = engine.frame({ second });
      if (epoch === 2 && second === 20) continue;
      fold.apply({ type: "frame", epoch, seq: second, body, late: false });
    }
  }
  tell(fold, joined(3));
  const body = new SyntheticEngine().frame({ second: 5 });
  fold.apply({ type: "frame", epoch: 3, seq: 0, body, late: false });
  ended(fold, { 1: 39, 2: 39, 3: 0 });
  expect(fold.framesMissing).toBe(1);
  const signals = new Signals(fold);
  const unclean = signals.rows.flatMap((_, second) => (signals.isClean(second) ? [] : [second]));
  expect(unclean).toEqual([20]);
});

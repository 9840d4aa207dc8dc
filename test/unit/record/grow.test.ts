/**
 * Goal: a recorder that is given more room in the middle of a second loses nothing and confuses nothing. Method: the same things
 * recorded with the room from the start, and with it half-way, give the same frame.
 */
import { expect, it } from "vitest";
import { COUNT, METRIC, NAME, Recorder } from "../../../worker/record/recorder.ts";

const HEALTH = {} as Parameters<Recorder["cut"]>[1];
const counted = (phase: number) => ({ phase, shard: 0, target: 1, role: 1, shift: 0 });

function record(recorder: Recorder, [phase, name]: readonly [number, number], times: number): void {
  for (let time = 0; time < times; time++) {
    recorder.count(phase, COUNT.pings, 1);
    recorder.countName(phase, name, NAME.started);
    recorder.namedValue(METRIC.latency, phase, name, 1000 + time);
    recorder.value(METRIC.tcp, phase, 10);
    recorder.attempted(counted(phase), false);
  }
}

function frame(sizes: readonly [phases: number, names: number], grown: boolean) {
  const [phases, names] = sizes;
  const recorder = new Recorder({ phases, names, shards: 1, targets: 2, roles: 2 });
  recorder.addShard(0);
  recorder.begin(0);
  record(recorder, [0, 0], 3);
  record(recorder, [1, 2], 5);
  if (grown) recorder.grow(4, 7);
  record(recorder, [1, 2], 2);
  record(recorder, [0, 1], 1);
  record(recorder, [3, 6], 4);
  return recorder.cut(0, HEALTH, true);
}

it("counts on where it was, and in the new places", () => {
  const grown = frame([2, 3], true);
  const roomy = frame([4, 7], false);
  const sorted = (histograms: typeof grown.histograms) =>
    histograms
      .map(({ metric, phase, name, bytes }) => [
        metric,
        phase,
        name,
        Buffer.from(bytes).toString("hex"),
      ])
      .sort((a, b) => String(a).localeCompare(String(b)));
  expect({ ...grown, histograms: sorted(grown.histograms) }).toEqual({
    ...roomy,
    histograms: sorted(roomy.histograms),
  });
  expect(grown.names).toHaveLength(4);
});

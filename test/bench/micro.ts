/**
 * What the parts of the data plane and of the coordinator's merge cost by themselves, nanoseconds per operation:
 * the best of several rounds after a warm-up, since everything that disturbs a round only makes it slower.
 */
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { MessageSchedule } from "../../shared/load/schedule.ts";
import { HotHistogram, MergedHistogram } from "../../shared/stats/histogram.ts";
import { monotonicUs } from "../../shared/time/clock.ts";
import { draw32, Stream } from "../../shared/time/random.ts";
import { decodeFrame, encodeFrame } from "../../shared/wire/frame/frame-codec.ts";
import { TimingWheel } from "../../worker/engine/turn/timing-wheel.ts";
import { NONE, PendingTable } from "../../worker/message/pending-table.ts";
import { stampCheck } from "../../worker/message/stamp.ts";
import { METRIC, Recorder } from "../../worker/record/recorder.ts";
import { buildFrame, nextMask, Opcode } from "../../worker/socket/lean/frame-builder.ts";
import { emit } from "./emit.ts";
import { benchScenario } from "./work.ts";

const ROUNDS = 7;

/** @param operation does `count` operations */
function measure(name: string, count: number, operation: (count: number) => void): void {
  operation(count);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const fromUs = monotonicUs();
    operation(count);
    best = Math.min(best, monotonicUs() - fromUs);
  }
  emit({
    bench: "micro",
    method: `best of ${ROUNDS} rounds of ${count}`,
    operation: name,
    nsPerOperation: Number(((best * 1000) / count).toFixed(1)),
  });
}

const scenario = benchScenario({
  url: "ws://127.0.0.1:1/",
  connections: 9000,
  bytes: 64,
  driver: "lean",
  rampSeconds: 2,
  idleSeconds: 1,
  warmUpSeconds: 1,
  measureSeconds: 600,
  perSec: 40_000,
  stamp: true,
  match: "echo",
});
const health = {
  utilisation: 0.5,
  processCpu: 0.5,
  rssBytes: 1e8,
  heapUsedBytes: 1e7,
  heapLimitBytes: 1e9,
  sockets: 9000,
  openFiles: 9030,
  ports: 9000,
  bufferedBytes: 0,
  gcCount: 3,
  loopLagMaxUs: 1000,
  throttled: 0,
  processorWait: 0,
};

function latencyOf(at: number): number {
  return 200 + (draw32(1, Stream.behaviour, 0, at) % 20_000);
}

function fill(recorder: Recorder, messages: number): void {
  for (let at = 0; at < messages; at++) {
    const latencyUs = latencyOf(at);
    recorder.value(METRIC.sendLag, 2, latencyUs / 20);
    recorder.sent(2, 0, 64);
    recorder.received(2, 0, 64);
    recorder.matched(2, 0, latencyUs, latencyUs - 10);
  }
}

function recorder(): Recorder {
  const made = new Recorder({ phases: 3, names: 1, shards: 64 });
  for (let shard = 0; shard < 64; shard++) made.addShard(shard);
  made.begin(0);
  return made;
}

function pacing(): void {
  const schedule = new MessageSchedule(scenario, buildPopulation(scenario).profile);
  measure("pacing: next slot (Poisson)", 1_000_000, (count) => {
    for (let at = 0; at < count; at++) schedule.nextSlot(at % 9000, at, 4_000_000);
  });
  const wheel = new TimingWheel(9000);
  const owner = { onTimer() {} };
  let nowUs = 0;
  measure("pacing: set a timer and fire it", 1_000_000, (count) => {
    for (let at = 0; at < count; at++) {
      wheel.schedule(at % 9000, nowUs + 5000 + (at % 997));
      if (at % 40 === 39) {
        nowUs += 1000;
        wheel.advance(nowUs, owner);
      }
    }
  });
}

function correlation(): void {
  const table = new PendingTable([1_000_000]);
  const owners = Array.from({ length: 9000 }, () => ({
    pendingHead: NONE,
    pendingTail: NONE,
    pendingCount: 0,
    expiredCount: 0,
  }));
  measure("correlation: add a message and settle it", 1_000_000, (count) => {
    for (let at = 0; at < count; at++) {
      const owner = owners[at % 9000] as (typeof owners)[number];
      table.entry.seq = at;
      table.add(owner);
      table.remove(owner, owner.pendingHead);
    }
  });
}

function stamping(): void {
  const frame = buildFrame(Opcode.binary, Buffer.alloc(64), nextMask());
  const original = Buffer.from(frame);
  measure("stamping: write a stamp, check it, compare the payload", 1_000_000, (count) => {
    for (let at = 0; at < count; at++) {
      frame.writeUInt32LE(stampCheck(7, at % 9000, 1, at), 6);
      frame.writeUInt32LE(at % 9000, 10);
      frame.writeUInt32LE(1, 14);
      frame.writeUInt32LE(at, 18);
      stampCheck(7, frame.readUInt32LE(10), frame.readUInt32LE(14), frame.readUInt32LE(18));
      frame.compare(original, 22, original.length, 22, frame.length);
    }
  });
}

function statistics(): void {
  const hot = new HotHistogram();
  measure("statistics: one histogram value", 2_000_000, (count) => {
    for (let at = 0; at < count; at++) hot.record(200 + (at % 20_000));
    hot.reset();
  });
  const told = recorder();
  measure("statistics: everything told of one echo", 500_000, (count) => {
    fill(told, count);
    told.cut(0, health, false);
  });
}

function frames(): void {
  const full = recorder();
  measure("frame: told of 8,000 messages, cut and encoded", 20, (count) => {
    for (let at = 0; at < count; at++) {
      fill(full, 8000);
      encodeFrame(full.cut(0, health, false));
    }
  });
  fill(full, 8000);
  const body = encodeFrame(full.cut(0, health, false));
  measure("frame: decode", 500, (count) => {
    for (let at = 0; at < count; at++) decodeFrame(body);
  });
  const histograms = decodeFrame(body).histograms;
  const merged = new MergedHistogram();
  measure("merge: one histogram (8,000 values)", 500, (count) => {
    for (let at = 0; at < count; at++) {
      for (const { bytes } of histograms) merged.add(bytes);
    }
  });
  emit({ bench: "micro", operation: "frame size (8,000 messages)", bytes: body.length });
}

export function microBenchmarks(): void {
  pacing();
  correlation();
  stamping();
  statistics();
  frames();
}

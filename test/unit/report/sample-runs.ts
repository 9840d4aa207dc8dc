/**
 * Small runs for tests of the report: one in which much went wrong, with every piece of text that is not ours chosen by
 * the caller, and one whose target let nobody in. Their ledgers balance; every number is fixed.
 */
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import type { FailureKind } from "../../../shared/stats/failure-kind.ts";
import type { FailureGroup } from "../../../shared/wire/frame/frame.ts";
import { FRAME_LIMITS } from "../../../shared/wire/frame/frame-limits.ts";
import {
  begun,
  ended,
  facts,
  goodFrames,
  joined,
  lost,
  merge,
  SyntheticEngine,
  tell,
  threshold,
} from "../merge/synthetic-run.ts";

/** What would change with every version. */
const FIXED = {
  versions: { onrush: "0.1.0", node: "v20.20.2", wire: 1 },
  planHash: "f00d".repeat(16),
};

/** What a target, a scenario or a machine may call itself or say. */
export interface ForeignTexts {
  readonly name: string;
  readonly phase: string;
  readonly message: string;
  readonly target: string;
  readonly signature: string;
  readonly detail: string;
  readonly worker: string;
  readonly host: string;
  readonly reason: string;
  readonly note: string;
  readonly rule: string;
  readonly command: string;
}

export const plainTexts: ForeignTexts = {
  name: "lobby chat",
  phase: "steady",
  message: "say",
  target: "eu-west",
  signature: "1013 try again later",
  detail: "code 1013, reason: try again later",
  worker: "load-2",
  host: "host-2.example",
  reason: "its lease ran out",
  note: "The bus was away for 3 s.",
  rule: "p99 < 10ms",
  command: "load.0.to=4",
};

/** The same text everywhere. */
export function everywhere(text: string): ForeignTexts {
  return Object.fromEntries(
    Object.keys(plainTexts).map((key) => [key, text]),
  ) as unknown as ForeignTexts;
}

function failure(kind: FailureKind, texts: ForeignTexts, count: number): FailureGroup {
  // As a worker cuts them.
  const signature = texts.signature.slice(0, FRAME_LIMITS.signature).replace(/\p{Cc}/gu, "?");
  const detail = texts.detail.slice(0, FRAME_LIMITS.detail);
  const sample = { connection: 3, attempt: 0, atUs: 4_200_000, ageUs: 4_000_000, detail };
  return { kind, signature, phase: 1, target: 0, count, sample };
}

/** One worker went by the book, one was lost, thresholds did not hold. */
export function troubledRun(texts: ForeignTexts = plainTexts): RunFold {
  const base = facts({
    name: texts.name,
    targets: [{ url: "wss://chat.example/ws", weight: 1, label: texts.target }],
    thresholds: [
      threshold({ rule: texts.rule, limit: 10_000 }),
      threshold({ rule: "p50 < 50ms", statistic: "p50", limit: 50_000 }),
      threshold({
        metric: "connect",
        rule: "failed < 1%",
        measure: "connect",
        statistic: "failed",
        limit: 0.01,
        unit: "share",
      }),
    ],
  });
  const { scenario } = base;
  const fold = new RunFold({
    ...base,
    command: ["onrush", "run", "chat.yaml", "--set", texts.command, "-e", "TOKEN=***"],
    ...FIXED,
    scenario: {
      ...scenario,
      phases: scenario.phases.map((phase, at) =>
        at === 1 ? { ...phase, phase: texts.phase } : phase,
      ),
      messages: scenario.messages && {
        ...scenario.messages,
        mix: scenario.messages.mix.map((one, at) =>
          at === 0 ? { ...one, name: texts.message } : one,
        ),
      },
    },
  });
  begun(fold, 1);
  tell(fold, { ...joined(2), id: texts.worker, host: texts.host } as ReturnType<typeof joined>);
  const engine = new SyntheticEngine();
  const bodies = goodFrames(engine);
  merge(fold, 1, bodies);
  const other = new SyntheticEngine();
  merge(fold, 2, [
    other.frame({
      second: 4,
      phases: { 1: { attempted: 3, failed: 3 } },
      shards: { 4: { attempted: 3, failed: 3 } },
      failures: [
        failure("upgrade-status", texts, 3),
        { ...failure("close-code", texts, 2), sample: null },
      ],
      health: { loopLagMaxUs: 400_000 },
    }),
  ]);
  tell(fold, { type: "note", message: texts.note }, {
    ...lost(2, texts.reason, [4]),
    reportedUs: 5_000_000,
  } as ReturnType<typeof lost>);
  ended(fold, { 1: bodies.length - 1 });
  return fold;
}

/** The target refuses every connection: four are attempted, none is opened. */
export function refusedRun(): RunFold {
  const fold = new RunFold({ ...facts({ name: "nobody gets in" }), ...FIXED });
  begun(fold);
  const engine = new SyntheticEngine();
  const sample = { connection: 0, attempt: 0, atUs: 100_000, ageUs: 0, detail: "ECONNREFUSED" };
  const bodies = [0, 1, 2, 3, 4, 5, 6].map((second) =>
    engine.frame({
      second,
      final: second === 6,
      ...(second > 0
        ? {}
        : {
            phases: { 0: { attempted: 4, failed: 4 } },
            shards: Object.fromEntries(
              [0, 1, 2, 3].map((shard) => [shard, { attempted: 1, failed: 1 }]),
            ),
            ticks: { failed: [4] },
            failures: [
              {
                kind: "tcp-refused",
                signature: "ECONNREFUSED",
                phase: 0,
                target: 0,
                count: 4,
                sample,
              },
            ],
          }),
    }),
  );
  merge(fold, 1, bodies);
  ended(fold, { 1: bodies.length - 1 });
  return fold;
}

/**
 * Goal: a flow as the worker runs it is the flow as one would tell it. Method: flows of random steps on the real runner and on the
 * reference of flow-model.ts, given the same messages at the same moments; what is sent and when, whether it left, and each
 * step's counts are compared.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ONE_REPLY } from "../../shared/scenario/defaults.ts";
import type { StrictFlow, StrictStep } from "../../shared/scenario/strict-conversation.ts";
import { FlowStage } from "../support/flow-stage.ts";
import { FlowModel } from "./flow-model.ts";

const MS = 1000;
const TURNS = 120;
const KINDS = ["a", "b", "c"] as const;

/** Names are given afterwards. */
type Unnamed = (name: () => string) => StrictStep;

const kind = fc.constantFrom(...KINDS);
const us = fc.integer({ min: 1, max: 12 }).map((ms) => ms * MS);
const onFail = fc.constantFrom("close", "skip", "skip", "restart", "restart");

const plain: fc.Arbitrary<Unnamed> = fc.oneof(
  fc.boolean().chain((isAwaited) =>
    fc.record({ withinUs: us, onFail }).map(
      ({ withinUs, onFail: policy }): Unnamed =>
        (name) => {
          const called = name();
          const where = `m.k == 'r ${called}'`;
          return {
            ...{ kind: "send", name: called, send: { kind: "text", text: called }, onFail: policy },
            reply: isAwaited
              ? { match: "where", where, ...ONE_REPLY, withinUs }
              : { match: "none" },
          };
        },
    ),
  ),
  fc
    .record({
      kind,
      withinUs: us,
      times: fc.integer({ min: 1, max: 3 }),
      optional: fc.boolean(),
      onFail,
    })
    .map(
      ({ kind: awaited, ...rest }): Unnamed =>
        (name) => {
          const where = `m.k == '${awaited}'`;
          return { kind: "expect", name: name(), where, capture: [], ...rest };
        },
    ),
  fc.record({ kind, forUs: us, onFail }).map(
    ({ kind: unwanted, ...rest }): Unnamed =>
      (name) => {
        return { kind: "expectNot", name: name(), where: `m.k == '${unwanted}'`, ...rest };
      },
  ),
  us.map(
    (meanUs): Unnamed =>
      () => ({ kind: "wait", wait: { kind: "fixed", meanUs } }),
  ),
  fc.constant<Unnamed>((name) => ({ kind: "mark", name: name() })),
);

const { steps } = fc.letrec<{ step: Unnamed; steps: Unnamed[] }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 3 },
    { weight: 5, arbitrary: plain },
    {
      weight: 1,
      arbitrary: fc.record({ times: fc.integer({ min: 1, max: 3 }), inner: tie("steps") }).map(
        ({ times, inner }): Unnamed =>
          (name) => {
            return { kind: "repeat", times, until: null, steps: inner.map((one) => one(name)) };
          },
      ),
    },
    {
      weight: 1,
      arbitrary: tie("steps").map(
        (inner): Unnamed =>
          (name) => {
            return {
              kind: "choose",
              branches: [{ weight: 1, steps: inner.map((one) => one(name)) }],
            };
          },
      ),
    },
  ),
  steps: fc.array(tie("step"), { maxLength: 4 }),
}));

/** A loop has to take time. */
const loop = steps.map((list): Unnamed[] => [
  ...list,
  () => ({ kind: "wait", wait: { kind: "fixed", meanUs: 3 * MS } }),
]);

const flow = fc.record({ open: steps, loops: fc.array(loop, { maxLength: 2 }) }).map((made) => {
  let named = 0;
  const name = () => `s${named++}`;
  const strict = (list: readonly Unnamed[]) => list.map((one) => one(name));
  const open = strict(made.open);
  const loops = made.loops.map((list, at) => ({ name: `l${at}`, steps: strict(list) }));
  const played: StrictFlow = { before: [], open, loops, close: [] };
  return { played, named };
});

/** What comes between two turns, at half past: kinds, or replies to the step of this number. */
const coming = fc.array(
  fc.array(fc.oneof({ weight: 2, arbitrary: kind }, fc.nat({ max: 20 })), { maxLength: 2 }),
  { minLength: TURNS, maxLength: TURNS },
);

describe("a flow of random steps", () => {
  it("does what the reference does, whatever comes", () => {
    fc.assert(
      fc.property(flow, coming, ({ played, named }, messages) => {
        const stage = new FlowStage(played);
        const model = new FlowModel(played);
        stage.open();
        model.open();
        for (const [turn, texts] of messages.entries()) {
          const nowUs = (turn + 1) * MS;
          stage.turn(nowUs);
          model.turn(nowUs);
          for (const text of texts) {
            const k = typeof text === "string" ? text : `r s${text % Math.max(1, named)}`;
            stage.receive(nowUs + MS / 2, { k });
            model.receive(nowUs + MS / 2, k);
          }
        }
        expect(stage.log).toEqual(model.log);
        const counts = stage.counts("started", "completed", "failed", "arrived");
        for (const [name, row] of Object.entries(counts)) {
          const {
            started = 0,
            completed = 0,
            failed = 0,
            arrived = 0,
          } = model.counts.get(name) ?? {};
          expect(row, name).toEqual([started, completed, failed, arrived]);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("accounts for each step that began", () => {
    fc.assert(
      fc.property(flow, ({ played }) => {
        const stage = new FlowStage(played);
        stage.open();
        for (let turn = 1; turn < 40; turn++) stage.turn(turn * MS);
        stage.end();
        const counts = stage.counts("started", "completed", "failed", "abandoned");
        for (const [name, [started, ...ends]] of Object.entries(counts)) {
          expect(
            ends.reduce((sum, one) => sum + one, 0),
            name,
          ).toBe(started);
        }
      }),
      { numRuns: 100 },
    );
  });
});

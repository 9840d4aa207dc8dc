/** Flows of random steps, and what comes while they are played. Used by flow.test.ts and flow-sockets.test.ts. */
import fc from "fast-check";
import { ONE_REPLY } from "../../shared/scenario/defaults.ts";
import type { StrictFlow, StrictStep } from "../../shared/scenario/strict-conversation.ts";

export const MS = 1000;
export const TURNS = 120;
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

/** A flow, and how many names its steps have: s0, s1 … */
export const flow = fc
  .record({ open: steps, loops: fc.array(loop, { maxLength: 2 }) })
  .map((made) => {
    let named = 0;
    const name = () => `s${named++}`;
    const strict = (list: readonly Unnamed[]) => list.map((one) => one(name));
    const open = strict(made.open);
    const loops = made.loops.map((list, at) => ({ name: `l${at}`, steps: strict(list) }));
    const played: StrictFlow = { before: [], open, loops, close: [] };
    return { played, named };
  });

/** What comes between two turns, at half past: kinds, or replies to the step of this number. */
export const coming = fc.array(
  fc.array(fc.oneof({ weight: 2, arbitrary: kind }, fc.nat({ max: 20 })), { maxLength: 2 }),
  { minLength: TURNS, maxLength: TURNS },
);

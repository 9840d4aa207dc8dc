import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compileSequence,
  isSequenceFault,
  NONE,
  type SequenceAutomaton,
} from "../../shared/scenario/sequence-automaton.ts";
import type { StrictSequence, StrictSequenceStep } from "../../shared/scenario/strict-message.ts";
import type { NameCounter } from "../../shared/stats/counters.ts";
import { sequences } from "../../worker/sequence/sequences.ts";
import { Correlation } from "../support/correlation.ts";
import { echoMessage } from "../support/scenario.ts";
import { type Came, judge, matches } from "../support/sequence-reference.ts";

const EVENTS = ["a", "b", "c", "d"] as const;

const counted = fc
  .record({ event: fc.constantFrom(...EVENTS), least: fc.nat(2), more: fc.nat(2) })
  .map(({ event, least, more }) => ({ event, least, most: Math.max(1, least + more) }));
const step: fc.Arbitrary<StrictSequenceStep> = fc.oneof(
  { weight: 3, arbitrary: counted.map((one) => ({ kind: "event" as const, ...one })) },
  {
    weight: 1,
    arbitrary: fc
      .uniqueArray(counted, { minLength: 1, maxLength: 3, selector: ({ event }) => event })
      .map((events) => ({ kind: "any" as const, events })),
  },
);
/** One in ten thousand can go more ways than are followed, and is refused. */
const steps = fc
  .array(step, { minLength: 1, maxLength: 5 })
  .filter((of) => !isSequenceFault(compileSequence({ steps: of })));
const word = fc.array(fc.constantFrom(...EVENTS), { maxLength: 12 });

function compiled(of: readonly StrictSequenceStep[]): SequenceAutomaton {
  const made = compileSequence({ steps: of });
  if (isSequenceFault(made)) throw new Error(made.what);
  return made;
}

function next(automaton: SequenceAutomaton, state: number, event: string): number {
  const { events, next: to } = automaton;
  const number = events.indexOf(event);
  return number < 0 ? NONE : (to[state * events.length + number] ?? NONE);
}

describe("the automaton of a sequence", () => {
  it("takes what backtracking over the steps takes", () => {
    fc.assert(
      fc.property(steps, word, (of, events) => {
        const automaton = compiled(of);
        let state = 0;
        for (let at = 0; at < events.length; at++) {
          const to = next(automaton, state, events[at] as string);
          const prefix = events.slice(0, at + 1);
          expect(to !== NONE).toBe(matches(of, prefix, "prefix"));
          if (to === NONE) return;
          state = to;
          expect(automaton.accepts[state] === 1).toBe(matches(of, prefix, "whole"));
          const goesOn = EVENTS.some((event) => matches(of, [...prefix, event], "prefix"));
          expect(automaton.ends[state] === 1).toBe(!goesOn);
          expect(automaton.wants[state] === NONE).toBe(automaton.accepts[state] === 1);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("can always be completed by the events it wants", () => {
    fc.assert(
      fc.property(steps, word, (of, events) => {
        const automaton = compiled(of);
        let state = 0;
        for (const event of events) {
          const to = next(automaton, state, event);
          if (to !== NONE) state = to;
        }
        for (let left = 100; automaton.accepts[state] !== 1; left--) {
          expect(left).toBeGreaterThan(0);
          state = next(automaton, state, automaton.events[automaton.wants[state] as number] ?? "");
          expect(state).not.toBe(NONE);
        }
      }),
    );
  });

  it("is refused when too many places could take an event", () => {
    const many: StrictSequenceStep[] = Array.from({ length: 70 }, () => {
      return { kind: "event", event: "a", least: 0, most: 1 };
    });
    expect(compileSequence({ steps: many })).toMatchObject({ what: expect.stringContaining("64") });
    const any: StrictSequenceStep = {
      kind: "any",
      events: Array.from({ length: 16 }, (_, at) => ({ event: `e${at}`, least: 0, most: 9 })),
    };
    expect(compileSequence({ steps: [any] })).toMatchObject({ hint: expect.any(String) });
  });
});

const WITHIN_US = 1_000_000;
const KINDS = [
  ...["completed", "missing", "neverStarted", "unexpected", "outOfOrder"],
  ...["repeated", "tooLate", "cut", "abandoned"],
] as readonly NameCounter[];

/** An ask: on which connection, when, and what came for it. */
interface Asked {
  readonly slot: number;
  readonly sentUs: number;
  readonly events: readonly Came[];
}

const asked: fc.Arbitrary<Asked> = fc.record({
  slot: fc.nat(2),
  sentUs: fc.nat(300).map((ms) => ms * 1000),
  events: fc
    .array(
      fc.record({
        name: fc.oneof(
          { weight: 20, arbitrary: fc.constantFrom(...EVENTS) },
          { weight: 1, arbitrary: fc.constant("stranger") },
        ),
        afterUs: fc.oneof(
          { weight: 8, arbitrary: fc.nat(100_000) },
          { weight: 1, arbitrary: fc.nat(900_000) },
        ),
      }),
      { maxLength: 8 },
    )
    .map((all) => {
      let atUs = 0;
      return all.map(({ name, afterUs }) => {
        atUs += 1 + afterUs;
        return { name, atUs };
      });
    }),
});

/** Events along the steps, some of them left out, twice or swapped: what a random word hardly ever is. */
const likely = fc
  .record({ of: steps, asks: fc.array(asked, { minLength: 1, maxLength: 6 }), salt: fc.nat() })
  .map(({ of, asks, salt }) => {
    const plain = of
      .flatMap((one) => (one.kind === "any" ? one.events : [one]))
      .flatMap(({ event, least, most }) =>
        Array<string>(salt % 2 === 0 ? least : most).fill(event),
      );
    const along = asks.map((ask, at): Asked => {
      if ((salt + at) % 4 === 0) return ask;
      const names = [...plain];
      const paceUs = [20_000, 140_000, 160_000, 900_000][(salt >>> 7) % 4] ?? 0;
      const place = (salt >>> 3) % Math.max(1, names.length);
      if ((salt + at) % 4 === 1) names.splice(place, 1);
      if ((salt + at) % 4 === 2) names.splice(place, 0, names[place] ?? "a");
      if ((salt + at) % 8 === 3) names.reverse();
      return { ...ask, events: names.map((name, i) => ({ name, atUs: (i + 1) * paceUs + at })) };
    });
    return { of, asks: along };
  });

const KEYS = { hashed: "m.id == sent.id", tried: "m.id == sent.id && size > 0" };

function play(
  sequence: StrictSequence,
  asks: readonly Asked[],
  ends: readonly { readonly atUs: number; readonly cutByUs: boolean }[],
) {
  const message = echoMessage({
    name: "ask",
    send: { kind: "json", value: { id: "{{uuid}}" } },
    reply: { match: "none" },
    sequence,
  });
  const run = new Correlation([message], { conversations: 3, observers: [sequences] });
  const ids: string[] = [];
  const happenings = [
    ...asks.map(({ slot, sentUs }, ask) => ({
      atUs: sentUs,
      slot,
      act: () => {
        ids[ask] = (JSON.parse(run.send(slot).toString()) as { id: string }).id;
      },
    })),
    ...asks.flatMap(({ slot, sentUs, events }, ask) =>
      events.map(({ atUs, name }) => ({
        atUs: sentUs + atUs,
        slot,
        act: () => run.receive(JSON.stringify({ type: name, id: ids[ask] }), slot),
      })),
    ),
    ...ends.map(({ atUs, cutByUs }, slot) => ({ atUs, slot, act: () => run.end(slot, cutByUs) })),
  ].sort((a, b) => a.atUs - b.atUs);
  const over = new Set<number>();
  for (const { atUs, slot, act } of happenings) {
    if (over.has(slot)) continue;
    run.at(atUs);
    act();
    if (atUs === ends[slot]?.atUs) over.add(slot);
  }
  return run;
}

describe("sequences that are followed", () => {
  it.each(Object.entries(KEYS))(
    "are judged as one by one, the slow way, with a key that is %s",
    (_, key) => {
      const end = fc.record({
        atUs: fc.integer({ min: 400_000, max: 4_000_000 }),
        cutByUs: fc.boolean(),
      });
      const ends = fc.array(end, { minLength: 3, maxLength: 3 });
      const gap = fc.constantFrom(null, 150_000);
      fc.assert(
        fc.property(likely, ends, gap, ({ of, asks }, lasts, gapUs) => {
          // At no moment at which anything else happens.
          const ended = lasts.map((one) => ({ ...one, atUs: one.atUs + 0.5 }));
          const sequence: StrictSequence = {
            ...{ name: "ask", key, event: "m.type", steps: of, withinUs: WITHIN_US, gapUs },
          };
          const run = play(sequence, asks, ended);
          const wanted: Record<string, number> = {};
          for (const { slot, sentUs, events } of asks) {
            const last = ended[slot];
            if (last === undefined || sentUs >= last.atUs) continue;
            const came = events.filter(({ atUs }) => sentUs + atUs < last.atUs);
            const end = { atUs: last.atUs - sentUs, cutByUs: last.cutByUs };
            const { outcome, afterEnd } = judge(sequence, came, end);
            wanted[outcome] = (wanted[outcome] ?? 0) + 1;
            wanted["afterEnd"] = (wanted["afterEnd"] ?? 0) + afterEnd;
          }
          const cut = run.cut();
          for (const kind of [...KINDS, "afterEnd" as const]) {
            expect([kind, cut.named(kind, 1)]).toEqual([kind, wanted[kind] ?? 0]);
          }
          const sum = (...kinds: NameCounter[]) =>
            kinds.reduce((n, kind) => n + cut.named(kind, 1), 0);
          expect(sum("started")).toBe(sum("completed", "failed", "abandoned"));
        }),
        { numRuns: 400 },
      );
    },
  );
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ONE_REPLY } from "../../shared/scenario/defaults.ts";
import type { StrictMessage } from "../../shared/scenario/strict.ts";
import { NAME_COUNTERS } from "../../shared/stats/counters.ts";
import { HotHistogram, MergedHistogram } from "../../shared/stats/histogram.ts";
import { Correlation } from "../support/correlation.ts";
import { echoMessage } from "../support/scenario.ts";
import { CorrelationModel, type ModelMessage } from "./correlation-model.ts";

/**
 * The correlator against a model of it that is slow and obvious: whatever is sent, answered, late, doubled, damaged, pushed or
 * cut off, in whatever order, both count the same, record the same times and tell the same failures.
 */

const MS = 1000;
const CONVERSATIONS = 3;

/** Messages by the way their replies are known, each with what the model knows of it. */
const KINDS: readonly (readonly [StrictMessage, ModelMessage])[] = [
  [
    echoMessage({ reply: { match: "echo", withinUs: 300 * MS, ...ONE_REPLY } }),
    { withinUs: 300 * MS, stamped: true, fits: () => false },
  ],
  [
    text("n {{seq}}", { match: "echo", withinUs: 700 * MS, ...ONE_REPLY }),
    { withinUs: 700 * MS, stamped: false, fits: (sent, reply) => sent === reply },
  ],
  [
    text("ping", { match: "echo", withinUs: 200 * MS, ...ONE_REPLY }),
    { withinUs: 200 * MS, stamped: false, fits: (_, reply) => reply === "ping" },
  ],
  [
    text("{}", { match: "where", where: "m.type == 'ack'", withinUs: 500 * MS, ...ONE_REPLY }),
    { withinUs: 500 * MS, stamped: false, fits: (_, reply) => parsed(reply).type === "ack" },
  ],
  [
    echoMessage({
      send: { kind: "json", value: { id: "{{seq}}" } },
      reply: { match: "where", where: "m.re == sent.id", withinUs: 400 * MS, ...ONE_REPLY },
    }),
    {
      withinUs: 400 * MS,
      stamped: false,
      fits: (sent, reply) => parsed(sent).id === parsed(reply).re,
    },
  ],
  [
    text("tell me", { match: "next", withinUs: 250 * MS, ...ONE_REPLY }),
    { withinUs: 250 * MS, stamped: false, fits: () => true },
  ],
  [text("fire and forget", { match: "none" }), { withinUs: 0, stamped: false, fits: null }],
];

function text(content: string, reply: StrictMessage["reply"]): StrictMessage {
  return echoMessage({ send: { kind: "text", text: content }, reply });
}

function parsed(json: string): { type?: unknown; id?: unknown; re?: unknown } {
  try {
    return JSON.parse(json) ?? {};
  } catch {
    return {};
  }
}

const slot = fc.nat(CONVERSATIONS - 1);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("send" as const), slot, pick: fc.nat() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      slot,
      /** Counted back from the newest message: mostly the ones that still wait. */
      back: fc.oneof(fc.nat(3), fc.nat(40)),
      how: fc.constantFrom("whole", "whole", "whole", "flipped", "cut"),
      where: fc.nat(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leak" as const), slot, pick: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("push" as const),
      slot,
      what: fc.constantFrom("news", "ping", '{"type":"ack"}', '{"re":3}', "binary"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.oneof(fc.nat(60), fc.nat(600), fc.constant(70_000)),
      /** Whether the engine looks for what is overdue before anything else happens. */
      looks: fc.boolean(),
      phase: fc.nat(2),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("end" as const), slot, ours: fc.boolean() }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** A message that was sent on a connection, as its target has it. */
interface Known {
  readonly name: number;
  readonly seq: number;
  readonly payload: Buffer;
}

class Play {
  readonly run: Correlation;
  readonly model: CorrelationModel;
  readonly #models: readonly ModelMessage[];
  readonly #known: Known[][] = Array.from({ length: CONVERSATIONS }, () => []);

  constructor(kinds: typeof KINDS) {
    this.#models = kinds.map(([, model]) => model);
    this.run = new Correlation(
      kinds.map(([message]) => message),
      { conversations: CONVERSATIONS },
    );
    this.model = new CorrelationModel(this.#models, CONVERSATIONS);
  }

  take(one: Step): void {
    switch (one.do) {
      case "send":
        this.#send(one.slot, one.pick % this.#models.length);
        return;
      case "answer":
        this.#answer(one);
        return;
      case "leak":
        this.#leak(one.slot, one.pick);
        return;
      case "push":
        this.#push(one.slot, one.what);
        return;
      case "wait":
        this.run.phase = one.phase;
        // A minute in which nobody looks is no engine's: it looks every millisecond.
        if (one.looks || one.ms > 1000) {
          this.model.at(this.run.nowUs + one.ms * MS);
          this.run.at(this.run.nowUs + one.ms * MS);
        } else this.run.nowUs += one.ms * MS;
        return;
      case "end":
        this.run.end(one.slot, one.ours);
        this.model.end(one.slot, one.ours);
        this.#known[one.slot] = [];
    }
  }

  get #now(): { nowUs: number; phase: number } {
    return { nowUs: this.run.nowUs, phase: this.run.phase };
  }

  #send(of: number, name: number): void {
    const { seq } = this.run.conversation(of);
    const payload = this.run.send(of, name);
    this.#known[of]?.push({ name, seq, payload });
    this.model.send(of, name, { ...this.#now, payload: payload.toString() });
  }

  #answer(one: Extract<Step, { do: "answer" }>): void {
    const known = this.#known[one.slot] ?? [];
    const message = known[known.length - 1 - one.back];
    if (!message) return;
    const { name, seq, payload } = message;
    if (!this.#models[name]?.stamped) {
      this.#say(one.slot, this.#replyTo(payload.toString()));
      return;
    }
    // Damage to what was answered already cannot be told from damage to another.
    const whole = one.how === "whole" || !this.model.isOpen(one.slot, seq);
    this.run.receive(whole ? payload : damaged(payload, one), one.slot);
    this.model.receiveEcho(one.slot, seq, { ...this.#now, whole });
  }

  #replyTo(sent: string): string {
    const { id } = parsed(sent);
    if (id !== undefined) return JSON.stringify({ re: id });
    return sent === "{}" ? '{"type":"ack"}' : sent;
  }

  #leak(from: number, pick: number): void {
    const stamped = (this.#known[from] ?? []).filter(({ name }) => this.#models[name]?.stamped);
    const message = stamped[pick % Math.max(1, stamped.length)];
    if (!message) return;
    const to = (from + 1) % CONVERSATIONS;
    this.run.receive(message.payload, to);
    this.model.receiveLeaked(to, this.#now);
  }

  #push(to: number, what: string): void {
    if (what !== "binary") {
      this.#say(to, what);
      return;
    }
    this.run.receive(Buffer.alloc(64, 0xa5), to);
    this.model.receive(to, "\u0000", this.#now);
  }

  #say(to: number, reply: string): void {
    this.run.receive(reply, to);
    this.model.receive(to, reply, this.#now);
  }
}

function damaged(payload: Buffer, { how, where }: Extract<Step, { do: "answer" }>): Buffer {
  if (how === "cut") return payload.subarray(0, 4 + (where % (payload.length - 4)));
  const altered = Buffer.from(payload);
  const bit = where % (payload.length * 8);
  altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return altered;
}

function timesOf(values: readonly number[]): number[] {
  const hot = new HotHistogram();
  for (const value of values) hot.record(value);
  const merged = new MergedHistogram();
  merged.add(hot.encode());
  return figures(merged);
}

function figures(times: MergedHistogram): number[] {
  return times.count === 0
    ? [0]
    : [times.count, ...[0, 0.1, 0.25, 0.5, 0.75, 0.9, 1].map((p) => times.quantile(p))];
}

describe("the correlator", () => {
  it("counts, measures and tells what the model does", () => {
    const kinds = fc
      .subarray([...KINDS], { minLength: 1 })
      // The next message, whatever it is, leaves little to the others.
      .filter((some) => some.length < 3 || !some.includes(KINDS[5] as (typeof KINDS)[number]));
    fc.assert(
      fc.property(kinds, fc.array(step, { maxLength: 150, size: "max" }), (some, steps) => {
        const play = new Play(some);
        for (const one of steps) play.take(one);
        const { run, model } = play;
        const cut = run.cut();
        const { bytesSent: _, bytesReceived: _1, ...counts } = cut.counts;
        expect(counts).toEqual(Object.fromEntries(model.counts));
        for (const name of some.keys()) {
          for (const counter of NAME_COUNTERS) {
            const key = `${name} ${counter}`;
            expect(cut.named(counter, name), key).toBe(model.byName.get(key) ?? 0);
          }
        }
        expect(figures(cut.service)).toEqual(
          model.serviceUs.length === 0 ? [0] : timesOf(model.serviceUs),
        );
        const told = run.conversations.flatMap((conversation) =>
          conversation.told.map(
            ({ kind, name, phase }) => `${conversation.slot} ${kind} ${name} ${phase}`,
          ),
        );
        expect(told.sort()).toEqual([...model.told].sort());
      }),
      { numRuns: 400 },
    );
  });
});

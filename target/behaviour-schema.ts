/**
 * What the target can be configured to do: the behaviour document, from a file or PUT /behaviour. Strict: an
 * unknown key or an impossible value is refused with its place. Called by the entry and the HTTP routes.
 * Invariant: a `Behaviour` that left `parseBehaviour` can be carried out exactly as written.
 * Times are milliseconds, shares 0..1. Every dial is described with an example in docs/target.md.
 */
import { z } from "zod";
import { ANSWER_BEHAVIOURS } from "./behaviour/answer/registry.ts";
import { closeRule } from "./behaviour/close-rule.ts";
import {
  closeCode,
  count,
  type DocumentIssue,
  delay,
  issuesOf,
  ms,
  type Pick,
  picking,
  reason,
  refusalStatus,
} from "./behaviour/dials.ts";
import { PROCESS_BEHAVIOURS } from "./behaviour/process/registry.ts";
import { REPLY_BEHAVIOURS } from "./behaviour/reply/registry.ts";
import { REPLY_KINDS } from "./behaviour/reply-kind.ts";
import { UPGRADE_BEHAVIOURS } from "./behaviour/upgrade/registry.ts";
import { PARTS } from "./conversation/registry.ts";

/** A rule, or a list of them, under the name of each behaviour. */
interface Registered {
  readonly meta: { readonly name: string; readonly most: number };
  readonly rule: z.ZodType;
}

const asList = (value: unknown): unknown => (Array.isArray(value) ? value : [value]);

/** Keys of behaviours that are looked up by name; to the type of the document they are unknown. */
function keysOf(behaviours: readonly Registered[]): object {
  const keys = behaviours.map(({ meta, rule }) => [
    meta.name,
    meta.most === 1
      ? rule.optional()
      : z.preprocess(asList, z.array(rule).max(meta.most)).default([]),
  ]);
  return Object.fromEntries(keys);
}

const upgrade = z.strictObject({
  /** Slow accept: the 101 waits this long. */
  delay: delay.optional(),
  /** Processor time burnt per upgrade that is accepted, as of TLS or of checking a token; blocks the process. */
  cpuMs: z.number().min(0).max(1000).default(0),
  ...keysOf(UPGRADE_BEHAVIOURS),
});

const reply = z
  .strictObject({
    delay: delay.optional(),
    /** Delays of some kinds of reply, instead of `delay`. */
    delayOf: z.partialRecord(z.enum(REPLY_KINDS), delay).default({}),
    /** true: a reply waits for the ones before it on its connection. */
    keepOrder: z.boolean().default(false),
    /** A bounded pool every reply has to pass, e.g. database connections. */
    pool: z
      .strictObject({
        size: z.int().min(1).max(10_000),
        serviceMs: ms,
        /** While messages wait for a place for longer than this, each takes longer: queues and retries that feed themselves. */
        congested: z.strictObject({ aboveMs: ms, serviceMs: ms }).optional(),
        /** A message that would wait longer for a place gets no reply, and takes none. */
        shedMs: ms.optional(),
      })
      .optional(),
    /** Processor time burnt per message; blocks the process. */
    cpuMs: z.number().min(0).max(1000).default(0),
    /** The same for each kilobyte of its payload. */
    cpuMsPerKb: z.number().min(0).max(100).default(0),
    ...keysOf(REPLY_BEHAVIOURS),
  })
  .refine(
    (value) => replyDensity(value) <= 1 + 1e-9,
    `${REPLY_BEHAVIOURS.map(({ meta }) => meta.name).join(", ")} act on more than all replies together`,
  );

const pause = z
  .strictObject({
    everyMs: z.number().min(10).max(86_400_000),
    forMs: z.number().min(1).max(600_000),
    /** The first pause starts this long after the behaviour was set; everyMs by default. */
    afterMs: ms.optional(),
    /** stall: nothing is answered; replies: only messages wait; block: the whole process stands still. */
    mode: z.enum(["stall", "replies", "block"]).default("stall"),
  })
  .refine((value) => value.forMs < value.everyMs, "a pause must be shorter than its period");

export const behaviourSchema = z.strictObject({
  seed: z.int().min(0).max(4_294_967_295).default(1),
  upgrade: upgrade.prefault({}),
  /** Connections beyond the limit get an HTTP status, are accepted and closed, or are never answered. */
  cap: z
    .strictObject({
      connections: count,
      status: refusalStatus.optional(),
      close: closeCode.optional(),
      hang: z.literal(true).optional(),
      reason: reason.default(""),
    })
    .refine(
      ({ status, close, hang }) =>
        [status, close, hang].filter((item) => item !== undefined).length === 1,
      "give exactly one of status, close, hang",
    )
    .optional(),
  /** Connections that are accepted and never answered again. */
  zombie: picking({}).optional(),
  reply: reply.prefault({}),
  pause: pause.optional(),
  close: z.array(closeRule).max(20).default([]),
  limits: z
    .strictObject({
      /** Messages per second and connection; beyond that the connection is closed. */
      rate: z
        .strictObject({
          perSec: z.number().positive().max(1_000_000),
          /** Messages that may come at once; one second's worth by default. */
          burst: z.int().min(1).max(1_000_000).optional(),
          code: closeCode.default(1008),
          reason: reason.default("rate limit"),
        })
        .optional(),
      maxMessageBytes: z.int().min(1).max(16_777_216).default(16_777_216),
      /** close: with 1009; reset: RST, as servers do that never read such a message. */
      tooBig: z.enum(["close", "reset"]).default("close"),
      /** Bytes a slow reader may leave unread before its replies are dropped or it is reset. */
      buffered: z
        .strictObject({
          bytes: z.int().min(65_536).max(268_435_456).default(16_777_216),
          over: z.enum(["drop", "reset"]).default("reset"),
        })
        .prefault({}),
    })
    .prefault({}),
  /** Answers to `ask`. */
  agent: z
    .strictObject({
      /** [least, most] tool calls of an answer. */
      tools: z
        .tuple([z.int().min(0).max(100), z.int().min(0).max(100)])
        .refine(([least, most]) => least <= most, "the first is the least, the second the most")
        .default([0, 3]),
      /** Between two events. */
      gap: delay.prefault(20),
      /** Answers are kept for ?perAnswer=1 of the statistics. */
      log: z.boolean().default(false),
      ...keysOf(ANSWER_BEHAVIOURS),
    })
    .prefault({}),
  /** What every connection's conversation has beside the dialogue; a path below /with/ adds to it. */
  conversation: z
    .strictObject(
      Object.fromEntries(PARTS.map(({ meta, rule }) => [meta.name, rule.optional()])) as Record<
        string,
        z.ZodType
      >,
    )
    .prefault({}),
  /** Memory kept for ever per message. */
  memory: z
    .strictObject({
      bytesPerMessage: z.int().min(1).max(16_777_216),
      limitBytes: z.int().min(1).max(8_589_934_592).default(1_073_741_824),
    })
    .optional(),
  /** What the whole process does at times. */
  process: z.strictObject(keysOf(PROCESS_BEHAVIOURS) as Record<string, z.ZodType>).prefault({}),
  /** Every connection is lost and none is accepted. */
  outage: z
    .strictObject({
      afterMs: ms,
      forMs: z.number().min(1).max(3_600_000),
      how: z.enum(["reset", "end", "close"]).default("reset"),
      code: closeCode.default(1012),
      reason: reason.default(""),
    })
    .optional(),
});

/** A checked behaviour with every default filled in; plain data. */
export type Behaviour = z.output<typeof behaviourSchema>;

/** Checks a behaviour document; returns it with all defaults, or every problem found. */
export function parseBehaviour(
  input: unknown,
): { readonly behaviour: Behaviour } | { readonly issues: readonly DocumentIssue[] } {
  const result = behaviourSchema.safeParse(input);
  return result.success ? { behaviour: result.data } : { issues: issuesOf(result.error) };
}

/** Behaviour of an unconfigured target: a fast, correct echo. */
export function plainBehaviour(): Behaviour {
  return behaviourSchema.parse({});
}

/** The rules of one behaviour in a part of the document, as they were given. */
export function rulesOf(part: object, name: string): readonly Pick[] {
  const given = (part as Readonly<Record<string, Pick | readonly Pick[] | undefined>>)[name];
  if (given === undefined) return [];
  return Array.isArray(given) ? given : [given as Pick];
}

function replyDensity(reply: object): number {
  let sum = 0;
  for (const rule of REPLY_BEHAVIOURS.flatMap(({ meta }) => rulesOf(reply, meta.name))) {
    // How many replies have a type is not known.
    if ("type" in rule) continue;
    if (rule.count === undefined) sum += rule.share ?? 1 / (rule.every ?? 1);
  }
  return sum;
}

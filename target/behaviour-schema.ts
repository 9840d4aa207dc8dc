/**
 * What the target may be told to do: the behaviour document, from a file or PUT /behaviour. Strict: an
 * unknown key or an impossible value is refused with its place. Called by the entry and the HTTP routes.
 * Invariant: a `Behaviour` that left `parseBehaviour` can be carried out exactly as written.
 * Times are milliseconds, shares 0..1. Every dial is described with an example in docs/target.md.
 */
import { z } from "zod";
import {
  count,
  delay,
  isGiven,
  isOne,
  ms,
  type Pick,
  pick,
  pickGiven,
  picking,
  pickOne,
} from "./behaviour/dials.ts";
import { isSendableCode } from "./connection/frame.ts";

const reason = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= 123, "a close reason has at most 123 bytes");
/** null sends a Close frame without a status (1005 for the client). */
const closeCode = z
  .int()
  .refine(isSendableCode, "not a code that may be sent: 1000-1003, 1007-1014, 3000-4999, or null")
  .nullable();
const ending = {
  code: closeCode.default(1000),
  reason: reason.default(""),
  /** close: Close frame; end: FIN without one; reset: RST. */
  how: z.enum(["close", "end", "reset"]).default("close"),
};
const refusalStatus = z.int().min(400).max(599);

/** Kinds of reply; rules apply to all of them unless `of` says otherwise. */
export const REPLY_KINDS = ["echo", "joined", "ack", "said", "agent"] as const;
export type ReplyKind = (typeof REPLY_KINDS)[number];
const of = z.array(z.enum(REPLY_KINDS)).min(1).optional();

/** Frames no server may send. */
export const MALFORMED_FRAMES = [
  "masked",
  "bad-utf8",
  "bad-opcode",
  "reserved-bit",
  "oversize-control",
  "fragmented-control",
  "orphan-continuation",
  "long-length",
  "bad-close-code",
] as const;
export type MalformedFrame = (typeof MALFORMED_FRAMES)[number];

const upgrade = z.strictObject({
  /** Slow accept: the 101 waits this long. */
  delay: delay.optional(),
  refuse: z
    .array(
      z
        .strictObject({
          ...pick,
          status: refusalStatus,
          retryAfterSec: z.int().min(0).max(86_400).optional(),
          /** Refuse only what comes faster than this. */
          abovePerSec: z.number().positive().max(1_000_000).optional(),
        })
        .refine((rule) => isGiven(rule) || rule.abovePerSec !== undefined, pickGiven)
        .refine(isOne, pickOne)
        .refine(
          (rule) => !(isGiven(rule) && rule.abovePerSec !== undefined),
          "abovePerSec stands alone",
        ),
    )
    .max(20)
    .default([]),
  /** Never answered; the socket stays open. */
  hang: picking({}).optional(),
  /** RST instead of an answer. */
  reset: picking({}).optional(),
  /** An answer no client may accept. */
  invalid: picking({ what: z.enum(["accept", "protocol", "status"]).default("accept") }).optional(),
});

const reply = z
  .strictObject({
    delay: delay.optional(),
    /** Delays of some kinds of reply, instead of `delay`. */
    delayOf: z.partialRecord(z.enum(REPLY_KINDS), delay).default({}),
    /** true: a reply waits for the ones before it on its connection. */
    keepOrder: z.boolean().default(false),
    /** A bounded pool every reply has to pass, e.g. database connections. */
    pool: z.strictObject({ size: z.int().min(1).max(10_000), serviceMs: ms }).optional(),
    /** Processor time burnt per message; blocks the process. */
    cpuMs: z.number().min(0).max(1000).default(0),
    drop: picking({ of }).optional(),
    duplicate: picking({ of }).optional(),
    reorder: picking({ of, holdMs: ms.default(1000) }).optional(),
    corrupt: picking({
      of,
      where: z.enum(["any", "stamp", "body"]).default("any"),
      /** Bytes at the start of a payload that are its stamp. */
      stampBytes: z.int().min(1).max(1024).default(16),
    }).optional(),
    leak: picking({ of, mode: z.enum(["also", "instead"]).default("also") }).optional(),
    fragment: picking({ of, parts: z.int().min(2).max(1000).default(2) }).optional(),
    malformed: z
      .array(picking({ of, frame: z.enum(MALFORMED_FRAMES) }))
      .max(MALFORMED_FRAMES.length)
      .default([]),
  })
  .refine(
    (value) => replyDensity(value) <= 1 + 1e-9,
    "drop, duplicate, reorder, corrupt, leak, fragment and malformed act on more than all replies together",
  );

const closing = z
  .strictObject({
    afterMessages: z.int().min(1).max(1_000_000_000).optional(),
    /** Age of the connection. */
    afterMs: delay.optional(),
    /** Nothing came from the client for this long. */
    idleMs: z.number().min(10).max(86_400_000).optional(),
    ...ending,
    /** Which connections; all of them by default. */
    connections: picking({}).optional(),
  })
  .refine(
    (rule) =>
      [rule.afterMessages, rule.afterMs, rule.idleMs].filter((item) => item !== undefined)
        .length === 1,
    "give exactly one of afterMessages, afterMs, idleMs",
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
  /** Connections beyond the limit get an HTTP status, or are accepted and closed. */
  cap: z
    .strictObject({
      connections: count,
      status: refusalStatus.optional(),
      close: closeCode.optional(),
      reason: reason.default(""),
    })
    .refine(
      (value) => (value.status === undefined) !== (value.close === undefined),
      "give exactly one of status, close",
    )
    .optional(),
  /** Connections that are accepted and never answered again. */
  zombie: picking({}).optional(),
  reply: reply.prefault({}),
  pause: pause.optional(),
  close: z.array(closing).max(20).default([]),
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
    })
    .prefault({}),
  /** Memory kept for ever per message. */
  memory: z
    .strictObject({
      bytesPerMessage: z.int().min(1).max(16_777_216),
      limitBytes: z.int().min(1).max(8_589_934_592).default(1_073_741_824),
    })
    .optional(),
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
export type CloseRule = Behaviour["close"][number];

/** A problem of a behaviour document: where, and what. */
export interface BehaviourIssue {
  readonly path: string;
  readonly message: string;
}

/** Checks a behaviour document; returns it with all defaults, or every problem found. */
export function parseBehaviour(
  input: unknown,
): { readonly behaviour: Behaviour } | { readonly issues: readonly BehaviourIssue[] } {
  const result = behaviourSchema.safeParse(input);
  if (result.success) return { behaviour: result.data };
  return {
    issues: result.error.issues.map((issue) => ({
      path: issue.path.join(".") || "(document)",
      message: issue.message,
    })),
  };
}

/** Behaviour of a target nobody told anything: a fast, correct echo. */
export function plainBehaviour(): Behaviour {
  return behaviourSchema.parse({});
}

function replyDensity(rules: {
  readonly [name: string]: unknown;
  readonly malformed: readonly Pick[];
}): number {
  const names = ["drop", "duplicate", "reorder", "corrupt", "leak", "fragment"];
  const all = [...names.map((name) => rules[name] as Pick | undefined), ...rules.malformed];
  let sum = 0;
  for (const rule of all) {
    if (rule === undefined || rule.count !== undefined) continue;
    sum += rule.share ?? 1 / (rule.every ?? 1);
  }
  return sum;
}

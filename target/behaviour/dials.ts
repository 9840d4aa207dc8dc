/**
 * The parts every dial is made of: which events, and how long. Called by the behaviour schema. Invariant: a
 * choice or a delay that passed can be carried out exactly; shares have at most four decimals for that.
 */
import { z } from "zod";
import { isSendableCode } from "../connection/frame.ts";
import { blockSize } from "./shuffle.ts";

export const ms = z.number().min(0).max(86_400_000);
export const count = z.int().min(0).max(1_000_000_000);
export const refusalStatus = z.int().min(400).max(599);
export const reason = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= 123, "a close reason has at most 123 bytes");
/** null sends a Close frame without a status (1005 for the client). */
export const closeCode = z
  .int()
  .refine(isSendableCode, "not a code that may be sent: 1000-1003, 1007-1014, 3000-4999, or null")
  .nullable();
const share = z
  .number()
  .min(0)
  .max(1)
  .refine((value) => blockSize([value]) > 0, "a share has at most four decimals");

/** Which of the events a rule looks at it acts on; see behaviour/pick.ts. */
export const pick = {
  /** Exactly this share: of every 10..10,000 consecutive events exactly the right number, places by seed. */
  share: share.optional(),
  /** Every n-th event, starting with the first. */
  every: z.int().min(1).max(1_000_000_000).optional(),
  /** Leave the first n alone. */
  after: count.optional(),
  /** Act n times, then never again. */
  count: count.optional(),
};
export const pickGiven = "needs at least one of share, every, after, count";
export const pickOne = "share and every exclude each other";
export interface Pick {
  readonly share?: number | undefined;
  readonly every?: number | undefined;
  readonly after?: number | undefined;
  readonly count?: number | undefined;
}
export const isGiven = (value: Pick): boolean =>
  value.share !== undefined ||
  value.every !== undefined ||
  value.after !== undefined ||
  value.count !== undefined;
export const isOne = (value: Pick): boolean =>
  value.share === undefined || value.every === undefined;

/** A rule that chooses among events, with further keys. */
export function picking<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z
    .strictObject({ ...pick, ...shape })
    .refine((value) => isGiven(value as Pick), pickGiven)
    .refine((value) => isOne(value as Pick), pickOne);
}

const onlyOne = (value: object): boolean =>
  Object.values(value).filter((item) => item !== undefined).length === 1;
const plainDelays = {
  fixedMs: ms.optional(),
  /** [least, most]. */
  uniformMs: z
    .tuple([ms, ms])
    .refine(([least, most]) => least <= most, "the first is the least, the second the most")
    .optional(),
  exponential: z.strictObject({ meanMs: ms, maxMs: ms.default(60_000) }).optional(),
  lognormal: z
    .strictObject({ medianMs: ms, sigma: z.number().min(0).max(5), maxMs: ms.default(60_000) })
    .optional(),
};
const oneDistribution = "give exactly one of fixedMs, uniformMs, exponential, lognormal, mixture";
const asDelay = (value: unknown): unknown =>
  typeof value === "number" ? { fixedMs: value } : value;
const simpleDelay = z.preprocess(
  asDelay,
  z.strictObject(plainDelays).refine(onlyOne, oneDistribution),
);
const mixture = z
  .array(z.strictObject({ share, delay: simpleDelay }))
  .min(1)
  .max(100)
  .refine(
    (parts) => Math.abs(parts.reduce((sum, part) => sum + part.share, 0) - 1) < 1e-9,
    "the shares must add up to 1",
  );
/** A number is a fixed delay in milliseconds. */
export const delay = z.preprocess(
  asDelay,
  z.strictObject({ ...plainDelays, mixture: mixture.optional() }).refine(onlyOne, oneDistribution),
);

export type Delay = z.output<typeof delay>;

/** A problem of a document: where, and what. */
export interface DocumentIssue {
  readonly path: string;
  readonly message: string;
}

export function issuesOf(error: z.ZodError): readonly DocumentIssue[] {
  return error.issues.map(({ path, message }) => ({
    path: path.join(".") || "(document)",
    message,
  }));
}

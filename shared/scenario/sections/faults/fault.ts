/**
 * What a kind of fault is: its keys, their strict form, and what it does, in one object. Implemented by the files of this folder,
 * listed in registry.ts, walked by ../faults.ts; workers do it (worker/faults). Invariant: each kind has its own keys, so that a
 * key of another kind is an error and not silently ignored.
 */
import * as z from "zod";
import type { Ramped } from "../../fault-ramp.ts";
import { MAX_CONNECTIONS } from "../../limits.ts";
import {
  about,
  byDefault,
  duration,
  fault,
  label,
  once,
  part,
  strict,
  text,
  whole,
} from "../../shape/fields.ts";
import type { AttemptAction, FaultAction } from "./action.ts";
import type { Outcome } from "./outcome.ts";
import { ramped } from "./ramped.ts";

/** Where in the life of a connection, or beside it, a kind acts. */
type FaultStage = "connection" | "reading" | "writing" | "handshake" | "protocol" | "network";

/** The strict form of what a kind does: plain data, with the options of its own. */
interface Act {
  readonly kind: string;
}

export interface FaultKind<A extends Act = Act, Shape extends z.ZodType = z.ZodType> {
  readonly kind: A["kind"];
  readonly stage: FaultStage;
  /** The line of docs/faults.md. */
  readonly doc: string;
  /** As its author writes it, with the keys of its own. */
  readonly example: Readonly<Record<string, unknown>>;
  /** What the target did about it is counted, by these: see outcome.ts. */
  readonly tells?: readonly Outcome[];
  readonly shape: () => Shape;
  /**
   * Whether it lasts: it never does (no `for`), it may (without `for` it goes on to the end of the run), or it must.
   */
  lasts(value: z.output<Shape>): "never" | "may" | "must";
  strict(value: z.output<Shape>): A;
  /** The keys that only this kind has. */
  written(act: A): Readonly<Record<string, unknown>>;
  /** As it may lie on disk, where it has a value that commonly is a secret; absent: as it is. */
  redacted?(act: A): A;
  readonly action: FaultAction<A> | AttemptAction<A>;
  /** Messages that it sends beside the plan, at most; absent: none. */
  extra?(act: A, of: Extent): number;
}

/** So many connections, for so long; `own`: messages of their plan meanwhile. */
export interface Extent {
  readonly connections: number;
  readonly seconds: number;
  readonly own: number;
}

/** Infers the types of a kind. */
export function faultKind<const A extends Act, Shape extends z.ZodType>(
  one: FaultKind<A, Shape>,
): FaultKind<A, Shape> {
  return { ...one, shape: once(one.shape) };
}

const MAX_TIMES = 200;

/** The keys of every fault that hits connections. */
export const common = once(() => ({
  at: about(
    text(100),
    "When it begins: PHASE, or PHASE+OFFSET for so long after the phase has begun. on-request: when it is asked for by its name.",
    "steady+30s",
  ),
  for: about(
    duration().optional(),
    "How long it lasts. Default: to the end of the run, for kinds that last.",
    "20s",
  ),
  every: about(
    duration().optional(),
    "It begins again each time this has passed, with victims of its own.",
    "30s",
  ),
  times: about(
    whole(1, MAX_TIMES).optional(),
    "With `every`: how often it begins. Default: as often as its phase has room for.",
    3,
  ),
  who: about(
    who(),
    "Whom it hits, of the connections planned to be open then: a share, a number, or a map with share or count, and role, target, worker.",
    "20%",
    { role: "talker", count: 50 },
  ),
  name: about(
    label().optional(),
    "Name in reports, unique in the file. Default: its kind and time, such as disconnect@steady+30s.",
    "storm",
  ),
  recovered: about(
    strict({
      within: about(duration(), "From its beginning.", "15s"),
      to: byDefault(part(), "100%", "Share of the connections it hit.", "99%"),
    }).optional(),
    "A threshold: so many of those it hit are open again so soon.",
    { within: "15s", to: "99%" },
  ),
}));

/** The keys of every fault, and `kind`. */
export function base<N extends string>(kind: N, description: string) {
  return { kind: about(z.literal(kind), description, kind), ...common() };
}

/** However it is written, parsed to one form. */
function who() {
  const map = strict({
    share: about(
      ramped(part, ["5%", "50%"]).optional(),
      "Share of those that may be hit; of a fault that lasts it may grow. Default: 100%.",
      "20%",
    ),
    count: about(
      whole(1, MAX_CONNECTIONS).optional(),
      "How many are hit, in place of a share.",
      50,
    ),
    role: about(label().optional(), "Only connections of this role.", "talker"),
    target: about(text(2000).optional(), "Only connections to the target with this label.", "eu"),
    worker: about(
      text(200).optional(),
      "Of the victims only those that this worker holds, by its id (`onrush workers`).",
      "worker-2",
    ),
  }).superRefine((value, context) => {
    if (value.share === undefined || value.count === undefined) return;
    fault(context, ["who takes only one of share or count", ""], { path: ["count"] });
  });
  const share = part().transform((value): Who => ({ share: value }));
  const count = whole(1, MAX_CONNECTIONS).transform((value): Who => ({ count: value }));
  return z.union([share, count, map.transform((value): Who => value)]);
}

export interface Who {
  readonly share?: Ramped | undefined;
  readonly count?: number | undefined;
  readonly role?: string | undefined;
  readonly target?: string | undefined;
  readonly worker?: string | undefined;
}

/** Keys of every fault, parsed. */
export interface CommonKeys {
  readonly kind: string;
  readonly at: string;
  readonly for?: number | undefined;
  readonly every?: number | undefined;
  readonly times?: number | undefined;
  readonly who: Who;
  readonly name?: string | undefined;
  readonly recovered?: { readonly within: number; readonly to: number } | undefined;
}

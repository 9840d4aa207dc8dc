/**
 * What a kind of phase is: one way to change load, in one object. Implemented by the files of this folder, listed in
 * registry.ts, walked by load.ts. Invariant: each kind has its own keys, so that a key of another kind is an error and
 * not silently ignored.
 */
import * as z from "zod";
import type { Measured } from "../../check/measured.ts";
import type { Path } from "../../issue.ts";
import { MAX_CONNECTIONS } from "../../limits.ts";
import type { IssueLog } from "../../read/issue-log.ts";
import { about, byDefault, duration, label, once, whole } from "../../shape/fields.ts";
import { implied } from "../../shape/marks.ts";
import type { StrictPhase, StrictRamp } from "../../strict.ts";

/** Where a phase stands. */
export interface Place {
  readonly index: number;
  /** Connections open when the phase starts; null when unknown. */
  readonly open: number | null;
  readonly log: IssueLog;
}

type Name = StrictRamp["ramp"];
type StrictOf<N extends Name> = Extract<StrictRamp, { ramp: N }>;
type PhaseOf<N extends Name> = StrictPhase & StrictOf<N>;

export interface Ramp<N extends Name = Name, Shape extends z.ZodType = z.ZodType> {
  readonly name: N;
  /** The key that implies this kind where `ramp` is left out. */
  readonly impliedBy?: string;
  readonly shape: () => Shape;
  strict(phase: z.output<Shape>, place: Place): StrictOf<N> & { readonly durationUs: number };
  /** The keys that only this kind has. */
  written(phase: PhaseOf<N>): Omit<z.input<Shape>, keyof WrittenBase>;
  /** Connections at its end, given those at its start; null when that is not known before it runs. */
  end(phase: PhaseOf<N>, open: number | null): number | null;
  /** The most connections it holds; without those that were open before. */
  held(phase: PhaseOf<N>): number;
  /** Connections that arrive on top of those. Default: none. */
  arrivals?(phase: PhaseOf<N>): number;
  /** As arrivals, whatever chance makes of them. Default: as arrivals. */
  mostArrivals?(phase: PhaseOf<N>): number;
  /** Pieces of the load curve, which all workers keep. Default: one. */
  stretches?(phase: PhaseOf<N>): number;
  /** What can only be said when all sections are known. */
  check?(phase: PhaseOf<N>, path: Path, known: { measured: Measured; log: IssueLog }): void;
  /** Left out of the run-wide figures unless the phase says otherwise. */
  readonly isExcluded?: true;
}

/** Infers the types of a kind. */
export function ramp<N extends Name, Shape extends z.ZodType>(one: Ramp<N, Shape>): Ramp<N, Shape> {
  return { ...one, shape: once(one.shape) };
}

export type WrittenBase = { ramp?: unknown; phase: string; exclude?: boolean; messages?: number };

/** The keys of every phase. */
const common = once(() => ({
  phase: about(label(), "Name of the phase, unique in the file.", "warmup", "steady"),
  exclude: about(
    z.boolean().optional(),
    "Keep this phase out of the run-wide figures and thresholds (warm-up). Default: false, but true with find-limit.",
    true,
  ),
  messages: byDefault(
    z.number().check(z.gte(0), z.lte(1000)),
    1,
    "Factor on the message rate during this phase.",
    0.5,
    2,
  ),
}));

/** The keys of every phase, and `ramp`. */
export function base<N extends Name>(name: N, description: string) {
  return { ...common(), ramp: about(z.literal(name), description, name) };
}

/** As base, where another key implies the kind, so that `ramp` may be left out. */
export function impliedBase<N extends Name>(name: N, description: string) {
  return { ...common(), ramp: about(implied(z.literal(name)), description, name) };
}

/** A number of connections. */
export function connections(min = 0) {
  return whole(min, MAX_CONNECTIONS);
}

/** `to`, of the kinds that end at a number of connections. */
export const to = once(() =>
  about(connections(), "Connections open at the end of the phase.", 1000, 10000),
);

/** `over`, of the kinds that take their time. */
export const over = once(() => about(duration(), "How long the change takes.", "30s", "2m"));

/** What kinds with a `to` say of their end. */
export const endsAtTo = {
  end: ({ to: end }: { readonly to: number }) => end,
  held: ({ to: end }: { readonly to: number }) => end,
};

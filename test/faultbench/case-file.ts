/**
 * A case: what is done to whom, what the answer is, and by which indicator it must have been felt. Read from cases/*.json,
 * a file each; called by main.ts and by the tests. Invariants: a case is data; its numbers come from its strength and from
 * the seed, so the same seed makes the same case; what a file may not say is refused with its place.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LOCI } from "../../coordinator/analysis/judgement.ts";
import { drawUnit, Stream } from "../../shared/time/random.ts";
import { generatorSchema } from "./generator/registry.ts";
import { MEASURES } from "./indicator.ts";
import { CASES } from "./paths.ts";
import { SERVER_NAMES } from "./servers/names.ts";

export const STRENGTHS = ["weak", "medium", "strong"] as const;
export type Strength = (typeof STRENGTHS)[number];

const document = z.record(z.string(), z.unknown());
const numbers = z.record(z.string(), z.number());
const range = z
  .tuple([z.number(), z.number()])
  .refine(([least, most]) => least <= most, "the first is the least, the second the most");

const named = { cause: z.string().regex(/^[a-z][a-z-]+$/), locus: z.enum(LOCI) };

const schema = z
  .strictObject({
    title: z.string().min(10),
    /**
     * null: there is nothing wrong; `also`: a second fault, of a cause of its own; `unfelt`: what set it off, which is there, and the
     * right answer, when its indicator did not move.
     */
    label: z
      .strictObject({
        ...named,
        also: z.strictObject(named).optional(),
        unfelt: z.strictObject(named).optional(),
      })
      .nullable(),
    /** The cause is none an analyzer knows: the right answer is `unknown`, with the locus. */
    openSet: z.boolean().default(false),
    servers: z.array(z.enum(SERVER_NAMES)).min(1),
    /** The server of the short set; absent: not in it. */
    gate: z.enum(SERVER_NAMES).optional(),
    /** Servers behind the scenario's targets; the fault is in one of them, which the seed chooses. */
    backends: z.int().min(1).max(8).default(1),
    /**
     * A balancer in front of all of them, which are then one target. Its shares of the connections, by server; absent: a source address has
     * all of its connections at one of them.
     */
    balancer: z.strictObject({ shares: z.array(z.unknown()).optional() }).optional(),
    /** They serve TLS, with a key of so many bits (RSA); `expired`: the certificate of the one with the fault has run out. */
    tls: z
      .strictObject({ rsaBits: z.unknown().optional(), expired: z.literal(true).optional() })
      .optional(),
    /** Numbers by strength. */
    strengths: z.partialRecord(z.enum(STRENGTHS), numbers),
    /** Numbers by seed, evenly between two bounds, whole. */
    draws: z.record(z.string(), range).default({}),
    /** The fault begins so long after the first connection, by seed; absent: it is there from the start. */
    onsetMs: range.optional(),
    /** What the server is to do, as docs/target.md has it. */
    behaviour: document.default({}),
    /** What each of the backends is to do from the start. */
    everywhere: document.optional(),
    /** The fault begins in each of the backends in turn, so many milliseconds apart, the faulty one first; absent: in that one alone. */
    apartMs: z.unknown().optional(),
    /** Clients of a backend that is away reach the next one, as behind a balancer. */
    standIn: z.boolean().default(false),
    /** Of the generator; absent: as many as it starts by itself. */
    workers: z.int().min(1).max(8).optional(),
    /** Options of the bundled target. */
    start: z.array(z.string()).default([]),
    /** What the path to the server is to do. */
    path: document.optional(),
    /** What happens to the generator: by kind (generator/registry.ts), what its fault takes. */
    generator: generatorSchema.default({}),
    /** On top of the base scenario. */
    scenario: document.default({}),
    /** It counts only if this moved; null: nothing must. */
    impact: z.strictObject({ measure: z.enum(MEASURES), least: z.number().positive() }).nullable(),
    /** false: nothing is wrong with its runs, and they show no more what others are held against. */
    isUsual: z.boolean().default(true),
  })
  .refine(({ label, impact }) => (label === null) === (impact === null), "a fault has an impact")
  .refine(
    ({ start, servers }) => start.length === 0 || servers.join() === "target",
    "start: target",
  )
  .refine(
    ({ tls, servers }) => tls === undefined || !servers.includes("target"),
    "tls: servers of the benchmark's own",
  )
  .refine(
    ({ balancer, tls, path }) =>
      balancer === undefined || (tls === undefined && path === undefined),
    "balancer: alone",
  )
  .refine(({ gate, servers }) => gate === undefined || servers.includes(gate), "gate: a server")
  .refine(({ strengths }) => Object.keys(strengths).length > 0, "it needs a strength");

export interface Case extends z.output<typeof schema> {
  readonly id: string;
}

/** @throws Error with every problem of every file */
export function readCases(folder: string = CASES): readonly Case[] {
  const problems: string[] = [];
  const cases: Case[] = [];
  for (const file of readdirSync(folder).sort()) {
    const result = schema.safeParse(JSON.parse(readFileSync(join(folder, file), "utf8")));
    if (result.success) cases.push({ id: file.replace(/\.json$/, ""), ...result.data });
    else {
      const at = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
      problems.push(...at.map((one) => `${file}: ${one}`));
    }
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return cases;
}

/** One run that is to be made. */
export interface Trial {
  readonly case: Case;
  readonly server: (typeof SERVER_NAMES)[number];
  readonly strength: Strength;
  readonly seed: number;
}

/** A trial with its numbers. */
export interface Filled {
  readonly parameters: Readonly<Record<string, number>>;
  readonly onsetMs: number;
  /** Which of the backends has the fault. */
  readonly faulty: number;
  readonly behaviour: Document;
  readonly everywhere: Document | null;
  /** null: it is in one backend alone. */
  readonly apartMs: number | null;
  /** null: clients reach the server directly. */
  readonly path: Document | null;
  /** null: there is none. */
  readonly balancer: { readonly seed: number; readonly shares: readonly number[] | null } | null;
  /** null: no TLS; without bits the key is of an elliptic curve. */
  readonly tls: { readonly rsaBits: number | null; readonly expired: boolean } | null;
  /** By kind (generator/registry.ts). */
  readonly generator: Document;
  readonly scenario: Document;
}

export type Document = Readonly<Record<string, unknown>>;

/** @throws Error when a document names a number that the case does not have */
export function fill(trial: Trial): Filled {
  const { case: one, seed } = trial;
  const drawn = (place: number, [least, most]: readonly [number, number]) =>
    Math.round(least + (most - least) * drawUnit(seed, Stream.behaviour, keyOf(one.id), place));
  const parameters = {
    seed,
    ...one.strengths[trial.strength],
    ...Object.fromEntries(
      Object.entries(one.draws).map(([name, bounds], at) => [name, drawn(at + 2, bounds)]),
    ),
  };
  const filled = (value: unknown) => withNumbers(value, parameters, one.id);
  return {
    parameters,
    onsetMs: one.onsetMs === undefined ? 0 : drawn(0, one.onsetMs),
    faulty: one.backends === 1 ? 0 : drawn(1, [0, one.backends - 1]),
    behaviour: filled({ seed, ...one.behaviour }) as Document,
    everywhere: one.everywhere === undefined ? null : (filled(one.everywhere) as Document),
    apartMs: one.apartMs === undefined ? null : (filled(one.apartMs) as number),
    balancer:
      one.balancer === undefined
        ? null
        : { seed, shares: filled(one.balancer.shares ?? null) as readonly number[] | null },
    tls:
      one.tls === undefined
        ? null
        : {
            rsaBits: filled(one.tls.rsaBits ?? null) as number | null,
            expired: one.tls.expired === true,
          },
    path: pathOf(one, filled),
    generator: filled(one.generator) as Document,
    scenario: filled(one.scenario) as Document,
  };
}

/** Where backends stand in for one another there is something in front of them. */
function pathOf({ path, standIn }: Case, filled: (value: unknown) => unknown): Document | null {
  if (path === undefined) return standIn ? {} : null;
  return filled(path) as Document;
}

/** "$name" becomes the number, "${name}" within a text its digits. */
function withNumbers(
  value: unknown,
  parameters: Readonly<Record<string, number>>,
  id: string,
): unknown {
  const number = (name: string): number => {
    const found = parameters[name];
    if (found === undefined) throw new Error(`${id}: there is no number ${name}`);
    return found;
  };
  if (typeof value === "string") {
    const whole = /^\$([a-zA-Z]+)$/.exec(value)?.[1];
    if (whole !== undefined) return number(whole);
    return value.replace(/\$\{([a-zA-Z]+)\}/g, (_, name: string) => String(number(name)));
  }
  if (Array.isArray(value)) return value.map((item) => withNumbers(item, parameters, id));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withNumbers(item, parameters, id)]),
  );
}

/** A number for an id, so that the draws of cases are independent of one another (FNV-1a). */
function keyOf(id: string): number {
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}

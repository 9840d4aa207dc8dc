/** The faults of the generator by the key that cases name them with. A new one is a file and a line here. Called by case-file.ts and live-run.ts. */
import { z } from "zod";
import { burners, neighbours } from "./burners.ts";
import { clockOff } from "./clock-off.ts";
import type { Ends, GeneratorFault, Launch, UnderWay } from "./fault.ts";
import { kill } from "./kill.ts";
import { lostFrames } from "./lost-frames.ts";
import { manyWorkers } from "./many-workers.ts";
import { openFiles } from "./open-files.ts";
import { pause } from "./pause.ts";
import { ports } from "./ports.ts";
import { slowPath } from "./slow-path.ts";

/** A fault with what a case says of it. */
export interface Bound extends Pick<GeneratorFault<never>, "isAlone"> {
  missing(): string | null;
  launch(ends: Ends): Launch;
  begin(run: UnderWay): Promise<void>;
  finish(directory: string, seed: number): Promise<void>;
}

/** @throws ZodError when the case says what the fault does not take */
type Bind = (given: unknown) => Bound;

const GENERATOR_FAULTS: Readonly<Record<string, Bind>> = {
  /** Processes that take its processor time. */
  burners: binding(burners),
  /** Processes beside it that work now and then, and let it go first. */
  neighbours: binding(neighbours),
  /** Its workers are stopped for so long, every so often. */
  pause: binding(pause),
  /** One of two workers is killed. */
  kill: binding(kill),
  /** Files its workers may still open. */
  openFiles: binding(openFiles),
  /** Local ports that are left for new connections. */
  ports: binding(ports),
  /** Bytes a second on the way of one of two workers. */
  slowPath: binding(slowPath),
  /** Milliseconds by which the wall clock of one of two workers is ahead. */
  clockOff: binding(clockOff),
  /** Worker processes. */
  workers: binding(manyWorkers),
  /** Share of the frames of one of two workers that are lost. */
  lostFrames: binding(lostFrames),
};

/** What the document of a case names. */
export const generatorSchema = z.partialRecord(
  z.enum(Object.keys(GENERATOR_FAULTS) as [string, ...string[]]),
  z.unknown(),
);

/** @param generator numbers filled in. @throws ZodError when a fault does not take what is said */
export function bound(generator: Readonly<Record<string, unknown>>): readonly Bound[] {
  return Object.entries(generator).flatMap(([kind, given]) => {
    const bind = GENERATOR_FAULTS[kind];
    return bind === undefined ? [] : [bind(given)];
  });
}

function binding<Given>(fault: GeneratorFault<Given>): Bind {
  return (given) => {
    const known = fault.shape.parse(given);
    return {
      ...(fault.isAlone && { isAlone: fault.isAlone }),
      missing: () => fault.missing?.() ?? null,
      launch: (ends) => fault.launch?.(known, ends) ?? {},
      begin: async (run) => fault.begin?.(known, run),
      finish: async (directory, seed) => fault.finish?.(known, directory, seed),
    };
  };
}

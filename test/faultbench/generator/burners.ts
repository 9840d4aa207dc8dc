/** Processes that take the processor from the generator, or a part of it. Listed in registry.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { z } from "zod";
import { tied } from "../../../shared/lifeline.ts";
import { stopProcess } from "../../support/stop-process.ts";
import type { Ends, GeneratorFault } from "./fault.ts";

/** Those who take the processor go first. */
const YIELDING = ["nice", "-n", "5"];
/** A neighbour works for a fifth of the time, and lets the generator go first. */
const NEIGHBOUR =
  "setInterval(() => { const end = Date.now() + 20; while (Date.now() < end); }, 100)";

/** So many processes that want all of it. */
export const burners: GeneratorFault<number> = {
  shape: z.int().positive(),
  launch(many, ends) {
    start(many, [process.execPath, "-e", "for (;;);"], ends);
    return { prefix: YIELDING };
  },
};

/** So many processes that work now and then: what any machine has. */
export const neighbours: GeneratorFault<number> = {
  shape: z.int().positive(),
  launch(many, ends) {
    start(many, ["nice", "-n", "10", process.execPath, "-e", NEIGHBOUR], ends);
    return {};
  },
};

function start(many: number, [command = "", ...args]: readonly string[], ends: Ends): void {
  const started: ChildProcess[] = Array.from({ length: many }, () =>
    spawn(...tied(command, args), { stdio: "ignore" }),
  );
  ends.push(async () => void (await Promise.all(started.map((one) => stopProcess(one)))));
}

/**
 * Only so many local ports are left for new connections, as where other programs, or connections that linger, have the rest. Listed in
 * registry.ts. Invariant: it is done to a network namespace of the run, never to the machine's ports.
 */
import { z } from "zod";
import type { GeneratorFault } from "./fault.ts";
import { missingNamespace } from "./namespace.ts";
import { runProgram } from "./workers.ts";

/** Beyond what connections have had by default until then. */
const FIRST = 61_000;
const RANGE = "/proc/sys/net/ipv4/ip_local_port_range";

export const ports: GeneratorFault<number> = {
  shape: z.int().min(2).max(4000),
  isAlone: true,
  missing: missingNamespace,
  begin(left, { namespace }) {
    if (namespace === null) throw new Error("the run has no network of its own");
    const write = `echo "${FIRST} ${FIRST + left - 1}" > ${RANGE}`;
    runProgram([...namespace.prefix, "sh", "-c", write]);
  },
};

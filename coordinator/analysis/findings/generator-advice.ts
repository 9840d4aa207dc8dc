/**
 * What to say, and what to change, by what the generator lacked. Read by generator-saturated.ts. Invariant: each names a setting or a
 * command; where nothing is known the advice is the general one.
 */
import { count } from "../text.ts";
import type { CauseId } from "./causes.ts";

interface Advice {
  /** @param failed attempts that failed on this side */
  readonly sentence: (failed: number) => string;
  readonly nextProbe: string;
}

const BEHIND = () => "The load generator could not keep up with its own plan.";

const GENERAL: Advice = {
  sentence: BEHIND,
  nextProbe:
    "Give the generator a machine or cores of its own, add workers, or lower the load, and run again.",
};

const ranOut =
  (of: string, what = "attempts to connect") =>
  (failed: number) =>
    `The load generator ran out of ${of}: ${count(failed)} ${what} failed on its own side.`;

const BY_CAUSE: Partial<Record<CauseId, Advice>> = {
  "generator-ports": {
    sentence: ranOut("local ports"),
    nextProbe:
      'Widen the range on the machine of the workers (`sudo sysctl -w net.ipv4.ip_local_port_range="1024 65535"`), give them more source addresses (`connect.localAddresses`), or spread them over more machines, and run again.',
  },
  "generator-open-files": {
    sentence: ranOut("open files"),
    nextProbe:
      "Raise the limit where the workers are started (`ulimit -n 65536`, `LimitNOFILE=` of a unit, `--ulimit nofile=` of a container), or use more workers (`--workers`), and run again.",
  },
  "generator-memory": {
    sentence: ranOut("memory", "connections, or attempts to connect,"),
    nextProbe:
      "Give the workers more memory, or fewer connections each on more machines, and run again.",
  },
  "generator-pauses": {
    sentence: () => "The load generator stood still now and then, and was late with its plan.",
    nextProbe:
      "Look for what stops its processes: a frozen virtual machine, swapped memory, a debugger, other programs on the machine (`vmstat 1`: `st`, `si`); put it on a machine of its own, and run again.",
  },
};

/** The general one where no cause is known, or none that has its own. */
export function adviceFor(cause: CauseId | undefined): Advice {
  return (cause === undefined ? undefined : BY_CAUSE[cause]) ?? GENERAL;
}

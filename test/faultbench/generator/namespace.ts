/**
 * A network namespace for one run and its servers: a loopback interface, and limits of its own. Needs no privileges where user namespaces are
 * allowed (util-linux, iproute2). Called by live-run.ts. Invariant: it is gone when its process has ended, and ends with the benchmark.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tied } from "../../../shared/lifeline.ts";
import { stopProcess } from "../../support/stop-process.ts";
import type { Ends, Namespace } from "./fault.ts";
import { missingProgram } from "./workers.ts";

const UP = "ip link set lo up";

/** Why there is none on this machine; null when there is. */
export function missingNamespace(): string | null {
  return (
    missingProgram("unshare", ["--map-root-user", "--net", "sh", "-c", UP]) ??
    missingProgram("nsenter", ["--version"])
  );
}

/** @throws Error when it cannot be made */
export async function startNamespace(ends: Ends): Promise<Namespace> {
  const hold = `${UP} && echo up && exec sleep infinity`;
  const args = ["--map-root-user", "--net", "sh", "-c", hold];
  const child = spawn(...tied("unshare", args), { stdio: ["ignore", "pipe", "inherit"] });
  ends.push(() => stopProcess(child));
  const isUp = once(child.stdout, "data").then(() => true);
  const ended = once(child, "close").then(() => false);
  if (!(await Promise.race([isUp, ended]))) throw new Error("there is no network namespace");
  const target = ["--target", String(child.pid)];
  return { prefix: ["nsenter", "--preserve-credentials", "--user", "--net", ...target, "--"] };
}

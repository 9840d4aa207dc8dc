/**
 * Facts of the machine that do not change while a worker lives, for the report's environment. The one door to
 * systeminformation, which asks other programs for them: it is loaded where no files tell. Called once, when the worker
 * starts.
 * Invariant: never fails and never hangs; what the machine does not tell is "unknown".
 */
import { platform } from "node:os";
import { sleep, systemTimers } from "../../shared/time/timer.ts";
import { linuxFacts } from "./linux-facts.ts";

/** One line, such as "Debian GNU/Linux 12, kernel 6.1.0 x64, virtual (KVM)". */
export interface HostFacts {
  readonly system: string;
  /** 0 when unknown. */
  readonly physicalCores: number;
}

const PATIENCE_MS = 3000;
const MAX_CHARS = 200;
const UNKNOWN: HostFacts = { system: "unknown", physicalCores: 0 };

export async function hostFacts(): Promise<HostFacts> {
  const { system, physicalCores } = platform() === "linux" ? linuxFacts() : await askedFacts();
  return { system: system.slice(0, MAX_CHARS), physicalCores };
}

async function askedFacts(): Promise<HostFacts> {
  const asked = new AbortController();
  const facts = ask().catch(() => UNKNOWN);
  const patience = sleep(systemTimers, PATIENCE_MS, asked.signal).then(() => UNKNOWN);
  const first = await Promise.race([facts, patience]);
  asked.abort();
  return first;
}

async function ask(): Promise<HostFacts> {
  const { default: si } = await import("systeminformation");
  const [os, cpu, machine] = await Promise.all([si.osInfo(), si.cpu(), si.system()]);
  const virtual = machine.virtual ? `virtual (${machine.virtualHost || "unknown"})` : "physical";
  const system = `${os.distro} ${os.release}, kernel ${os.kernel} ${os.arch}, ${virtual}`;
  return { system, physicalCores: cpu.physicalCores || 0 };
}

/**
 * Facts of the machine that do not change while a worker lives, for the report's environment. The one door to
 * systeminformation, which asks other programs for some of them; called once, when the worker starts.
 * Invariant: never fails and never hangs; what the machine does not tell is "unknown".
 */
import si from "systeminformation";

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
  const facts = Promise.all([si.osInfo(), si.cpu(), si.system()]).then(
    ([os, cpu, machine]): HostFacts => {
      const virtual = machine.virtual
        ? `virtual (${machine.virtualHost || "unknown"})`
        : "physical";
      const system = `${os.distro} ${os.release}, kernel ${os.kernel} ${os.arch}, ${virtual}`;
      return { system: system.slice(0, MAX_CHARS), physicalCores: cpu.physicalCores || 0 };
    },
  );
  return Promise.race([facts.catch(() => UNKNOWN), patience()]);
}

function patience(): Promise<HostFacts> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(UNKNOWN), PATIENCE_MS).unref();
  });
}

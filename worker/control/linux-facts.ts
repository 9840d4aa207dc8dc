/**
 * What Linux says of its machine in files: no other program is asked, so it costs a worker's start next to nothing.
 * Called by host-facts.ts.
 * Invariant: never fails; what the files do not tell is "unknown", or 0.
 */
import { readdirSync, readFileSync } from "node:fs";
import { arch, release } from "node:os";
import { join } from "node:path";

/** By what the firmware or the hypervisor calls itself. */
const HYPERVISORS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/vmware/i, "VMware"],
  [/virtualbox|innotek/i, "VirtualBox"],
  [/\bxen\b/i, "Xen"],
  [/kvm|qemu/i, "KVM"],
  [/bochs/i, "Bochs"],
  [/parallels/i, "Parallels"],
  [/virtual machine/i, "Hyper-V"],
  [/microsoft.*wsl/i, "WSL"],
];
const VENDOR = "sys/class/dmi/id/sys_vendor";
const NAMES = [
  VENDOR,
  "sys/class/dmi/id/product_name",
  "sys/hypervisor/type",
  "proc/sys/kernel/osrelease",
];
const PROCESSORS = "sys/devices/system/cpu";

/** @param root the file system's */
export function linuxFacts(root = "/"): {
  readonly system: string;
  readonly physicalCores: number;
} {
  const read = (path: string) => readText(join(root, path));
  const machine = virtualMachine(read);
  const kernel = `kernel ${release()} ${arch()}`;
  return {
    system: `${distribution(read)}, ${kernel}, ${machine ?? "physical"}`,
    physicalCores: physicalCores(root, read),
  };
}

type Read = (path: string) => string;

/** Such as "Debian GNU/Linux 12". */
function distribution(read: Read): string {
  const text = read("etc/os-release") || read("usr/lib/os-release");
  const values = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(/^([A-Z_]+)=["']?(.*?)["']?$/gm)) {
    values.set(name, value);
  }
  const name = values.get("NAME") ?? "unknown";
  const pretty = values.get("PRETTY_NAME") ?? "";
  const named = pretty.startsWith(`${name} `) ? pretty.slice(name.length + 1) : "";
  const version = named.replace(/\(.*$/, "").trim() || values.get("VERSION_ID") || "unknown";
  return `${name} ${version}`;
}

/** null: nothing says that it is one. */
function virtualMachine(read: Read): string | null {
  const names = NAMES.map(read).join(" ");
  const host = HYPERVISORS.find(([pattern]) => pattern.test(names))?.[1];
  if (host !== undefined) return `virtual (${host})`;
  const isGuest = /^flags\s*:.*\bhypervisor\b/m.test(read("proc/cpuinfo"));
  return isGuest ? `virtual (${read(VENDOR).trim() || "unknown"})` : null;
}

function physicalCores(root: string, read: Read): number {
  const cores = new Set<string>();
  for (const processor of list(join(root, PROCESSORS))) {
    if (!/^cpu\d+$/.test(processor)) continue;
    const topology = `${PROCESSORS}/${processor}/topology`;
    const core = read(`${topology}/core_id`).trim();
    if (core !== "") cores.add(`${read(`${topology}/physical_package_id`).trim()} ${core}`);
  }
  return cores.size;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

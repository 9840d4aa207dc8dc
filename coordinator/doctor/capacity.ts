/**
 * How many connections a machine can hold, and what limits it: one limit for each thing that runs out. Pure; called by
 * doctor.ts. Invariant: a limit comes with the exact commands that raise it, or says that there are none.
 */
import { perAddress, perKernelChoice } from "../../shared/load/source-address.ts";
import { bytesPerConnection } from "../local/memory-estimate.ts";
import { MAX_WORKERS, RESERVED_FILES, usablePorts } from "../local/sizing.ts";
import type { Machine } from "./machine.ts";

export interface Limit {
  readonly what: string;
  /** Connections open at once. */
  readonly connections: number;
  /** Where the number comes from, for people. */
  readonly basis: string;
  /** Commands, or one sentence where no command helps. */
  readonly remedies: readonly string[];
  /** Rests on figures of other machines: it is worth a look, and stops nothing. */
  readonly isEstimate?: boolean;
}

export interface Place {
  /** The target is this machine: it is reached from all of 127/8, and takes memory, too. */
  readonly loopback: boolean;
  /** Source addresses that are bound; 1 unless the scenario names more. */
  readonly sourceAddresses: number;
  /** Messages a second of each connection; absent: nobody has said, and one is assumed. */
  readonly messagesPerSec?: number;
}

/**
 * Messages a second, each with a reply, that are planned with for a core: a fifth of what `npm run bench` reaches (76,743 on
 * one core of an AMD EPYC, Node 20), where messages leave within 2 ms of their time; see docs/benchmarks.md.
 */
export const MESSAGES_PER_CORE = 15_000;

/** /proc/<pid>/task of a worker process with one engine lists 12 (Linux, Node 20). Rounded up. */
const THREADS_PER_WORKER = 16;
/** Part of what is free that is planned with. */
const USABLE_MEMORY = 0.9;
const ENOUGH_FILES = 1_048_576;
const WIDEST_PORTS = 64_512;

/** The least first. */
export function limitsOf(machine: Machine, place: Place): Limit[] {
  const limits = [
    filesLimit(machine),
    systemFilesLimit(machine, place),
    threadsLimit(machine),
    portsLimit(machine, place),
    trackingLimit(machine, place),
    memoryLimit(machine, place),
    coresLimit(machine, place),
  ];
  return limits.filter((limit) => limit !== null).sort((a, b) => a.connections - b.connections);
}

function perWorker({ files }: Machine): number {
  return Math.max(0, files.soft - RESERVED_FILES);
}

function filesLimit(machine: Machine): Limit {
  const { soft } = machine.files;
  return {
    what: "open files",
    connections: MAX_WORKERS * perWorker(machine),
    basis: `${count(soft)} for each of at most ${MAX_WORKERS} worker processes, less ${RESERVED_FILES} each`,
    remedies: fileRemedies(machine),
  };
}

export function fileRemedies({ platform, files }: Machine): string[] {
  if (platform === "darwin") {
    return [
      `sudo launchctl limit maxfiles ${ENOUGH_FILES} ${ENOUGH_FILES}`,
      `ulimit -n ${ENOUGH_FILES}`,
    ];
  }
  const most = Math.max(ENOUGH_FILES, files.hard ?? 0);
  return [
    `sudo prlimit --pid $$ --nofile=${most}:${most}   # this shell`,
    `echo "* - nofile ${most}" | sudo tee /etc/security/limits.d/onrush.conf   # for good, from the next login`,
    `docker run --ulimit nofile=${most}:${most} …   # a container`,
  ];
}

function systemFilesLimit({ platform, files }: Machine, { loopback }: Place): Limit | null {
  const { systemMax, systemUsed } = files;
  if (systemMax === null) return null;
  const key = platform === "darwin" ? "kern.maxfiles" : "fs.file-max";
  return {
    what: "open files of the system",
    // A target on this machine takes one, too.
    connections: Math.max(0, Math.floor((systemMax - (systemUsed ?? 0)) / (loopback ? 2 : 1))),
    basis: `${count(systemMax)} (${key}), of which ${count(systemUsed ?? 0)} are open`,
    remedies: [`sudo sysctl -w ${key}=${Math.max(2 * systemMax, 2 * ENOUGH_FILES)}`],
  };
}

function threadsLimit(machine: Machine): Limit | null {
  const { maxThreads } = machine;
  if (maxThreads === null) return null;
  return {
    what: "threads",
    connections: Math.floor(maxThreads / THREADS_PER_WORKER) * perWorker(machine),
    basis: `${count(maxThreads)} allowed, ${THREADS_PER_WORKER} for each worker process`,
    remedies: [`ulimit -u ${4 * maxThreads}`, "docker run --pids-limit=-1 …   # a container"],
  };
}

function portsLimit({ platform, ports, addresses }: Machine, place: Place): Limit | null {
  const { range } = ports;
  if (place.loopback) {
    // The whole of 127/8 is there to connect from; macOS has one address of it.
    if (platform !== "darwin") return null;
    const all = range[1] - range[0] + 1;
    return {
      what: "local ports",
      connections: perKernelChoice(all),
      basis: "one loopback address, where more than that need several",
      remedies: [
        `sudo ifconfig lo0 alias 127.0.0.2   # and so on, one for each ${count(perAddress(all))}`,
      ],
    };
  }
  const each = usablePorts(range);
  const isWide = range[1] - range[0] + 1 >= WIDEST_PORTS;
  const wider =
    platform === "darwin"
      ? "sudo sysctl -w net.inet.ip.portrange.first=1024"
      : 'sudo sysctl -w net.ipv4.ip_local_port_range="1024 65535"';
  const unused = addresses.length > place.sourceAddresses;
  const more = unused
    ? `connect: { localAddresses: [${addresses.slice(0, 4).join(", ")}] }   # in the scenario: addresses this machine has`
    : "sudo ip addr add <ADDRESS>/24 dev <INTERFACE>   # then in the scenario: connect: { localAddresses: [...] }";
  return {
    what: "local ports",
    connections: each * place.sourceAddresses,
    basis: `ports ${range[0]} to ${range[1]} towards one address and port of a target, ${count(each)} planned with for each source address`,
    remedies: isWide ? [more] : [wider, more],
  };
}

function trackingLimit({ tracking }: Machine, { loopback }: Place): Limit | null {
  if (tracking === null) return null;
  // Nothing is tracked now: so loopback is not.
  if (loopback && tracking.used === 0) return null;
  return {
    what: "connection tracking",
    connections: Math.max(0, tracking.max - tracking.used),
    basis: `the kernel's table has ${count(tracking.max)} entries, ${count(tracking.used)} are in use`,
    remedies: [`sudo sysctl -w net.netfilter.nf_conntrack_max=${4 * tracking.max}`],
  };
}

function memoryLimit(machine: Machine, { loopback }: Place): Limit {
  const { availableBytes } = machine.memory;
  // The target's part is about as large as ours.
  const each = bytesPerConnection(perWorker(machine)) * (loopback ? 2 : 1);
  return {
    what: "memory",
    connections: Math.floor((availableBytes * USABLE_MEMORY) / each),
    basis: `${(availableBytes / 1e9).toFixed(1)} GB available${machine.memory.limitBytes === null ? "" : " within the limit of the control group"}, about ${(each / 1e3).toFixed(1)} kB for each connection${loopback ? ", target included" : ""} (estimate)`,
    remedies: ["more machines: onrush worker --bus redis://… on each of them"],
  };
}

/** One core is for the control threads and the system; a target on this machine takes as much as its load. */
function coresLimit({ cores }: Machine, { loopback, messagesPerSec }: Place): Limit | null {
  const each = messagesPerSec ?? 1;
  if (each <= 0) return null;
  const granted = Math.min(cores.available, cores.quota ?? cores.available);
  const engines = Math.max(1, Math.floor(granted) - 1) / (loopback ? 2 : 1);
  const rate = `${rounded(each)} ${each === 1 ? "message" : "messages"} a second for each connection`;
  return {
    what: "processor cores",
    connections: Math.floor((engines * MESSAGES_PER_CORE) / each),
    basis:
      `${rounded(granted)} cores, one of them for the system${loopback ? " and half of the rest for the target" : ""}; ` +
      `${count(MESSAGES_PER_CORE)} messages a second for a core, ${messagesPerSec === undefined ? "assuming " : ""}${rate} (estimate)`,
    remedies: ["more machines: onrush worker --bus redis://… on each of them; or fewer messages"],
    isEstimate: true,
  };
}

function rounded(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 3 });
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

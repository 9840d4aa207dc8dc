/**
 * What this machine's limits mean for a run. Pure: facts in, findings out; called by doctor.ts. Invariant: "fail" is
 * only what would stop every run; what bounds how many connections there can be is capacity.ts's to say.
 */
import { RESERVED_FILES } from "../local/sizing.ts";
import { fileRemedies } from "./capacity.ts";
import { type Check, ok } from "./check.ts";
import type { Machine } from "./machine.ts";
import type { TimerLateness } from "./timer-lateness.ts";

const LEAST_NODE = [20, 19] as const;
/** One worker process with one engine needs about 90 MB; the coordinator as much. */
const LEAST_MEMORY_BYTES = 200e6;
const LOW_DISK_BYTES = 1e9;
const LOW_BACKLOG = 1024;
/** Half of all timers later than this: sends would be late by as much. */
const LATE_TIMER_MS = 2;
/** Sources that take a system call and a slow device for every look at the time. */
const SLOW_SOURCES = ["hpet", "acpi_pm", "jiffies", "pit", "refined-jiffies"];

export function machineChecks(machine: Machine, timers: TimerLateness): Check[] {
  return [
    nodeCheck(machine),
    filesCheck(machine),
    portsCheck(machine),
    trackingCheck(machine),
    backlogCheck(machine),
    memoryCheck(machine),
    coresCheck(machine),
    clockCheck(machine, timers),
    runsCheck(machine),
  ].filter((check) => check !== null);
}

function nodeCheck({ node, system }: Machine): Check {
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const isEnough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  const text = `${node} on ${system}`;
  if (isEnough) return ok("node", text);
  const remedies = [`install Node ${LEAST_NODE.join(".")} or later: https://nodejs.org`];
  return { name: "node", status: "fail", text, remedies };
}

function filesCheck(machine: Machine): Check {
  const { soft, hard } = machine.files;
  const limits = hard === null ? count(soft) : `${count(soft)} (hard limit ${count(hard)})`;
  const text = `${limits} for each process; a worker holds a connection in each but ${RESERVED_FILES}`;
  if (soft > RESERVED_FILES) return ok("open files", text);
  return { name: "open files", status: "fail", text, remedies: fileRemedies(machine) };
}

function portsCheck({ ports }: Machine): Check {
  const [first, last] = ports.range;
  const all = last - first + 1;
  const waiting = ports.timeWait ?? 0;
  const text = `${first} to ${last}, ${count(all)} of them; ${count(waiting)} closed connections still hold one`;
  if (waiting < all / 2) return ok("local ports", text);
  return {
    name: "local ports",
    status: "warn",
    text,
    remedies: ["wait a minute, until the connections of earlier runs are forgotten"],
  };
}

function trackingCheck({ tracking }: Machine): Check | null {
  if (tracking === null) return null;
  const { max, used } = tracking;
  const text = `${count(used)} of ${count(max)} entries of the kernel's connection table in use`;
  if (used < max * 0.9) return ok("tracking", text);
  const remedies = [`sudo sysctl -w net.netfilter.nf_conntrack_max=${4 * max}`];
  return {
    name: "tracking",
    status: "warn",
    text: `${text}: it drops new ones when full`,
    remedies,
  };
}

function backlogCheck({ backlog, platform }: Machine): Check | null {
  if (backlog === null) return null;
  const text = `${count(backlog)} connections may wait for a target on this machine to accept them`;
  if (backlog >= LOW_BACKLOG) return ok("backlog", text);
  const key = platform === "darwin" ? "kern.ipc.somaxconn" : "net.core.somaxconn";
  return { name: "backlog", status: "warn", text, remedies: [`sudo sysctl -w ${key}=4096`] };
}

function memoryCheck({ memory }: Machine): Check {
  const { totalBytes, availableBytes, limitBytes } = memory;
  const limited = limitBytes === null ? "" : ", the limit of its control group";
  const text = `${gigabytes(availableBytes)} available of ${gigabytes(totalBytes)}${limited}`;
  if (availableBytes >= LEAST_MEMORY_BYTES) return ok("memory", text);
  const remedies = ["free some, or give the container more: one worker takes about 100 MB"];
  return { name: "memory", status: "fail", text, remedies };
}

function coresCheck({ cores }: Machine): Check {
  const { available, quota } = cores;
  if (quota !== null && quota < available) {
    return {
      name: "cores",
      status: "warn",
      text: `${available}, of which a quota leaves ${quota.toFixed(2)}: when it is used up, everything pauses`,
      remedies: ["give the container no CPU limit (a request is enough)"],
    };
  }
  if (available > 1) return ok("cores", `${available}: ${available - 1} for load, one to measure`);
  return {
    name: "cores",
    status: "warn",
    text: "1: the generator shares it with everything else, so runs turn invalid sooner",
    remedies: ["use a machine with two cores or more for figures that count"],
  };
}

function clockCheck({ clock }: Machine, timers: TimerLateness): Check {
  const { source, synchronised } = clock;
  const parts = [
    ...(source === null ? [] : [`source ${source}`]),
    `timers ${timers.medianMs.toFixed(1)} ms late, at worst ${timers.worstMs.toFixed(1)} ms`,
    ...(synchronised === null ? [] : [`time server ${synchronised ? "in use" : "not in use"}`]),
  ];
  const text = parts.join(", ");
  if (source !== null && SLOW_SOURCES.includes(source)) {
    const remedies = ["boot with clocksource=tsc, or use another kind of virtual machine"];
    return { name: "clock", status: "warn", text: `${text}: a slow source`, remedies };
  }
  if (timers.medianMs <= LATE_TIMER_MS) return ok("clock", text);
  const remedies = ["stop what else runs here: top shows it"];
  return { name: "clock", status: "warn", text: `${text}: sends would be late, too`, remedies };
}

function runsCheck({ runs }: Machine): Check {
  const { folder, writable, freeBytes } = runs;
  if (!writable) {
    const remedies = ["onrush run … --run-dir DIR, or start it in a folder of your own"];
    return { name: "results", status: "fail", text: `cannot write to ${folder}`, remedies };
  }
  const text = `${folder}, ${freeBytes === null ? "free space unknown" : `${gigabytes(freeBytes)} free`}`;
  if (freeBytes === null || freeBytes >= LOW_DISK_BYTES) return ok("results", text);
  const remedies = ["make room, or write elsewhere: onrush run … --run-dir DIR"];
  return { name: "results", status: "warn", text, remedies };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

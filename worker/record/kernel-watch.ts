/**
 * What the kernel's TCP counters have gained from one frame to the next. Owned by one engine of a worker, as they are the
 * machine's. Invariant: what the kernel does not tell is unknown, which is not 0; a look costs three small files a second.
 */
import { readFileSync } from "node:fs";
import type { Counts } from "../../shared/wire/frame/frame.ts";
import { KERNEL_FIELDS, KERNEL_GAUGES, type KernelField } from "../../shared/wire/frame/kernel.ts";

const FILES = ["/proc/net/snmp", "/proc/net/netstat", "/proc/net/sockstat"] as const;

/** Where each is told: the beginning of a line, and the name in it. */
const TOLD: Readonly<Record<KernelField, readonly [line: string, name: string]>> = {
  segmentsSent: ["Tcp", "OutSegs"],
  segmentsRetransmitted: ["Tcp", "RetransSegs"],
  resetsSent: ["Tcp", "OutRsts"],
  attemptsFailed: ["Tcp", "AttemptFails"],
  connectionsReset: ["Tcp", "EstabResets"],
  timeouts: ["TcpExt", "TCPTimeouts"],
  synRetransmits: ["TcpExt", "TCPSynRetrans"],
  lostRetransmits: ["TcpExt", "TCPLostRetransmit"],
  listenOverflows: ["TcpExt", "ListenOverflows"],
  listenDrops: ["TcpExt", "ListenDrops"],
  socketsInUse: ["TCP", "inuse"],
  socketsInTimeWait: ["TCP", "tw"],
  socketsOrphaned: ["TCP", "orphan"],
};

export class KernelWatch {
  readonly #read: (file: string) => string;
  #last: ReadonlyMap<string, number>;

  /** @param read of a file; throws where there is none */
  constructor(read = (file: string) => readFileSync(file, "utf8")) {
    this.#read = read;
    this.#last = this.#look();
  }

  /** Since the last time, in the order of KERNEL_FIELDS; null where the system tells nothing. */
  sample(): Counts | null {
    const last = this.#last;
    if (last.size === 0) return null;
    const now = this.#look();
    this.#last = now;
    return KERNEL_FIELDS.map((field) => {
      const key = TOLD[field].join(" ");
      const value = now.get(key);
      if (KERNEL_GAUGES.has(field)) return value;
      const before = last.get(key);
      return value === undefined || before === undefined ? undefined : Math.max(0, value - before);
    });
  }

  #look(): ReadonlyMap<string, number> {
    const values = new Map<string, number>();
    try {
      for (const file of FILES) {
        const lines = this.#read(file).split("\n");
        if (file.endsWith("sockstat")) readPairs(lines, values);
        else readTable(lines, values);
      }
    } catch {
      // Not Linux, or not for us to see.
      values.clear();
    }
    return values;
  }
}

/** Lines come in twos: `Tcp: NAME …`, `Tcp: VALUE …`. */
function readTable(lines: readonly string[], into: Map<string, number>): void {
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [label = "", ...names] = (lines[at] ?? "").split(" ");
    const [, ...values] = (lines[at + 1] ?? "").split(" ");
    if (label !== "Tcp:" && label !== "TcpExt:") continue;
    for (const [place, name] of names.entries()) {
      keep(into, `${label.slice(0, -1)} ${name}`, values[place]);
    }
  }
}

/** `TCP: inuse VALUE orphan VALUE …` */
function readPairs(lines: readonly string[], into: Map<string, number>): void {
  const [, ...words] = lines.find((line) => line.startsWith("TCP: "))?.split(" ") ?? [];
  for (let at = 0; at + 1 < words.length; at += 2) keep(into, `TCP ${words[at]}`, words[at + 1]);
}

function keep(into: Map<string, number>, key: string, text: string | undefined): void {
  const value = Number(text ?? "");
  if (text !== undefined && Number.isSafeInteger(value) && value >= 0) into.set(key, value);
}

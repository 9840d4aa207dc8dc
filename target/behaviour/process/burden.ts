/**
 * What messages and upgrades cost the process: processor time, and memory that is never given back. Called by the target for
 * each of them, and by the behaviours of the process. Invariant: it keeps at most `memory.limitBytes`.
 */
import { Buffer } from "node:buffer";
import { monotonicUs } from "../../../shared/time/clock.ts";
import type { Behaviour } from "../../behaviour-schema.ts";
import type { Stats } from "../../stats.ts";

const KB = 1024;

export class Burden {
  private readonly stats: Stats;
  private kept: Buffer[] = [];
  private bytes = 0;

  constructor(stats: Stats) {
    this.stats = stats;
  }

  get keptBytes(): number {
    return this.bytes;
  }

  /** Forgets what was kept. */
  release(): void {
    this.kept = [];
    this.bytes = 0;
  }

  message({ reply, memory }: Behaviour, payloadBytes: number): void {
    const forMs = reply.cpuMs + (reply.cpuMsPerKb * payloadBytes) / KB;
    if (forMs > 0) {
      burn(forMs);
      this.stats.behaviours.messagesWorked += 1;
    }
    if (memory === undefined || this.bytes + memory.bytesPerMessage > memory.limitBytes) return;
    this.kept.push(Buffer.alloc(memory.bytesPerMessage, 1));
    this.bytes += memory.bytesPerMessage;
    this.stats.behaviours.bytesKept += memory.bytesPerMessage;
  }

  upgrade({ upgrade }: Behaviour): void {
    if (upgrade.cpuMs === 0) return;
    burn(upgrade.cpuMs);
    this.stats.behaviours.upgradesWorked += 1;
  }
}

/** Takes all of a processor; nothing else in the process goes on meanwhile. */
export function burn(forMs: number): void {
  const untilUs = monotonicUs() + 1000 * forMs;
  while (monotonicUs() < untilUs);
}

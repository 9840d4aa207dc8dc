/**
 * The target of a simulation: accepts, echoes, and counts what it saw, as the real one does; and knows of each connection
 * which worker process opened it, so that the checker can tell who held what when.
 * Invariant: it counts what reaches it, whatever becomes of who sent it.
 */
import type { Driver, DriverSocket, OpenRequest, SocketOwner } from "../../worker/socket/driver.ts";
import type { SimRandom } from "./sim-random.ts";
import type { SimProcess, SimTime } from "./sim-time.ts";

/** A connection as the target saw it. */
export interface Seen {
  readonly index: number;
  readonly process: SimProcess;
  readonly openedUs: number;
  closedUs: number | null;
}

const CLEAN = {
  code: 1000,
  reason: "",
  clean: true,
  initiator: "client",
  violation: null,
  errno: "",
} as const;

export class SimTarget {
  accepted = 0;
  open = 0;
  messagesIn = 0;
  messagesOut = 0;
  readonly seen: Seen[] = [];
  readonly #time: SimTime;
  readonly #random: SimRandom;

  constructor(time: SimTime, random: SimRandom) {
    this.#time = time;
    this.#random = random;
  }

  /** The driver of one worker process. */
  driverFor(process: SimProcess): Driver {
    return {
      name: "lean",
      framing: "payload",
      open: (request, owner) => this.#open(process, request, owner),
    };
  }

  /** The process is gone: its host ends its connections. */
  drop(process: SimProcess): void {
    for (const one of this.seen) if (one.process === process) this.#end(one);
  }

  #open(process: SimProcess, { path }: OpenRequest, owner: SocketOwner): DriverSocket {
    const link = new Link(process, owner);
    this.#time.after(this.#delayMs(), () => {
      if (link.gone || process.dead) return;
      const seen: Seen = {
        index: Number(path.slice(1)),
        process,
        openedUs: this.#time.nowUs,
        closedUs: null,
      };
      this.seen.push(seen);
      this.accepted++;
      this.open++;
      link.seen = seen;
      this.#toOwner(link, () => {
        owner.onStage("tcp");
        link.isOpen = true;
        owner.onOpen("", "");
      });
    });
    return {
      send: (bytes, binary) => {
        if (link.isOpen) this.#message(link, Buffer.from(bytes), binary);
        return true;
      },
      ping: () => {},
      bufferedBytes: () => 0,
      unsentBytes: () => 0,
      close: () => this.#close(link),
      abort: () => {
        link.gone = true;
        this.#time.after(this.#delayMs(), () => link.seen && this.#end(link.seen));
      },
    };
  }

  #message(link: Link, bytes: Buffer, binary: boolean): void {
    this.#time.after(this.#delayMs(), () => {
      this.messagesIn++;
      if (link.seen === null || link.seen.closedUs !== null) return;
      this.messagesOut++;
      this.#toOwner(link, () => link.owner.onMessage(bytes, 0, bytes.length, binary));
    });
  }

  #close(link: Link): void {
    link.isOpen = false;
    this.#time.after(this.#delayMs(), () => {
      if (link.seen) this.#end(link.seen);
      this.#toOwner(link, () => link.owner.onClosed(CLEAN));
    });
  }

  #toOwner(link: Link, tell: () => void): void {
    this.#time.schedule(link.process, this.#delayMs(), () => {
      if (!link.gone) tell();
    });
  }

  #end(seen: Seen): void {
    if (seen.closedUs !== null) return;
    seen.closedUs = this.#time.nowUs;
    this.open--;
  }

  #delayMs(): number {
    return 0.2 + this.#random.unit() * 3;
  }
}

class Link {
  readonly process: SimProcess;
  readonly owner: SocketOwner;
  seen: Seen | null = null;
  isOpen = false;
  /** Aborted: nothing is told any more. */
  gone = false;

  constructor(process: SimProcess, owner: SocketOwner) {
    this.process = process;
    this.owner = owner;
  }
}

/**
 * Listens, and makes an opening of every socket that comes. Made by the entry of each process. Invariants:
 * at most `maxSockets` sockets are held: when they are, the port is given up until some have gone, so the
 * process never runs out of open files; whoever does not ask within HEAD_TIMEOUT_MS is turned away.
 */
import type { Buffer } from "node:buffer";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { Opening, type OpeningContext } from "./opening.ts";
import { adopt, resetNow } from "./socket-internals.ts";
import type { Receiver, Transport } from "./transport.ts";

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly backlog: number;
  /** Sockets held at once before the port is given up. */
  readonly maxSockets: number;
  /** PEM; null for plain TCP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
}

/** Told when the listener is nearly full (true) and when it has room again (false). */
export type FullnessHandler = (full: boolean) => void;

/** Generous: a storm on a shared machine can starve the client that has to ask. */
const HEAD_TIMEOUT_MS = 60_000;
const SWEEP_MS = 2_000;
const RETRY_MS = 100;
/**
 * Shares of maxSockets. A process that is nearly full has others accept beside it, early enough for them to
 * do so before it is full even in a storm: with nobody accepting the kernel resets whoever is waiting.
 */
const NEARLY_FULL = 0.8;
const ROOM_AGAIN = 0.75;
/** A full process takes the port again at this share. */
const REOPEN = 0.95;

interface Pending {
  readonly opening: Opening;
  readonly transport: Transport;
  sweeps: number;
}

export class Listener {
  onFullness: FullnessHandler = () => {};
  private readonly context: OpeningContext;
  private readonly options: ListenOptions;
  private readonly server: Server;
  private readonly secure: SecureContext | null;
  private readonly pending = new Set<Pending>();
  private readonly sockets = new Set<Socket>();
  private readonly sweep: NodeJS.Timeout;
  /** Wanted by the group, forbidden by an outage, impossible for want of room. */
  private wanted = false;
  private suspended = false;
  private full = false;
  private nearlyFull = false;
  private port: number;

  constructor(context: OpeningContext, options: ListenOptions) {
    this.context = context;
    this.options = options;
    this.port = options.port;
    this.secure = options.tls === null ? null : createSecureContext(options.tls);
    this.server = createServer({ noDelay: true, pauseOnConnect: this.adopts });
    this.server.on("connection", (socket) => this.onSocket(socket));
    // Taking the port again may fail while somebody else has it.
    this.server.on("error", () => setTimeout(() => this.update(), RETRY_MS).unref());
    this.sweep = setInterval(() => this.sweepPending(), SWEEP_MS).unref();
  }

  /** Sockets that ws or TLS reads itself cannot share a buffer. */
  private get adopts(): boolean {
    return this.options.tls === null && this.context.compressed === null;
  }

  /** Starts listening; resolves with the port. @throws the system's error when the port is not to be had. */
  start(): Promise<number> {
    this.wanted = true;
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.once("listening", () => {
        this.server.off("error", reject);
        this.port = (this.server.address() as AddressInfo).port;
        resolve(this.port);
      });
      this.listen();
    });
  }

  /** Whether this process is to accept, as far as there is room. */
  want(wanted: boolean): void {
    this.wanted = wanted;
    this.update();
  }

  /** Nobody is accepted while suspended. */
  suspend(suspended: boolean): void {
    this.suspended = suspended;
    this.update();
  }

  /** Gives the port up for good. Open sockets stay. */
  stop(): void {
    clearInterval(this.sweep);
    this.want(false);
  }

  /** Destroys every socket that is left. */
  destroySockets(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private listen(): void {
    const { host, backlog } = this.options;
    this.server.listen({ host, backlog, port: this.port });
  }

  private update(): void {
    const shall = this.wanted && !this.suspended && !this.full;
    if (shall && !this.server.listening) this.listen();
    else if (!shall && this.server.listening) this.server.close();
  }

  private onSocket(accepted: Socket): void {
    const { stats } = this.context.target;
    stats.socketsAccepted += 1;
    stats.socketsOpen += 1;
    this.weigh();
    const transport = this.transportFor(accepted);
    const opening = new Opening(this.context, transport);
    transport.receiver = opening;
    const entry = { opening, transport, sweeps: 0 };
    this.pending.add(entry);
    const { socket } = transport;
    this.sockets.add(socket);
    socket.on("error", ignore);
    socket.once("close", () => {
      this.sockets.delete(socket);
      stats.socketsOpen -= 1;
      transport.receiver.onGone();
      this.weigh();
    });
  }

  private transportFor(accepted: Socket): Transport {
    const idle: Receiver = { onShared: ignore, onOwned: ignore, onGone: ignore };
    if (this.secure !== null) {
      const secured = new TLSSocket(accepted, { isServer: true, secureContext: this.secure });
      const transport: Transport = {
        socket: secured,
        receiver: idle,
        reset: () => {
          resetNow(accepted);
          secured.destroy();
        },
      };
      accepted.on("error", ignore);
      secured.on("data", (bytes: Buffer) => transport.receiver.onOwned(bytes));
      return transport;
    }
    const { shared } = this.context.target.decoder;
    const onRead = (length: number): void => transport.receiver.onShared(length);
    const adopted = this.adopts ? adopt(accepted, shared.bytes, onRead) : null;
    const socket = adopted ?? accepted;
    const transport: Transport = {
      socket,
      receiver: idle,
      reset: () => resetNow(socket),
    };
    if (adopted === null) socket.on("data", (bytes) => transport.receiver.onOwned(bytes));
    socket.resume();
    return transport;
  }

  private weigh(): void {
    const { socketsOpen } = this.context.target.stats;
    const { maxSockets } = this.options;
    if (!this.nearlyFull && socketsOpen >= maxSockets * NEARLY_FULL) {
      this.nearlyFull = true;
      this.onFullness(true);
    } else if (this.nearlyFull && socketsOpen <= maxSockets * ROOM_AGAIN) {
      this.nearlyFull = false;
      this.onFullness(false);
    }
    if (!this.full && socketsOpen >= maxSockets) {
      this.full = true;
      this.update();
    } else if (this.full && socketsOpen <= maxSockets * REOPEN) {
      this.full = false;
      this.update();
    }
  }

  private sweepPending(): void {
    for (const entry of this.pending) {
      entry.sweeps += 1;
      if (entry.transport.receiver !== entry.opening) this.pending.delete(entry);
      else if (entry.sweeps * SWEEP_MS > HEAD_TIMEOUT_MS) {
        entry.opening.onOverdue();
        this.pending.delete(entry);
      }
    }
  }
}

function ignore(): void {}

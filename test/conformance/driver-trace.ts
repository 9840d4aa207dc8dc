/**
 * What an owner is told by a driver, written down as lines: the observable behaviour the driver suite
 * compares. Also what an owner does of itself (echo, close, ping), by a small list of actions.
 */
import { randomFillSync } from "node:crypto";
import type {
  Driver,
  DriverSocket,
  Endpoint,
  SocketEnd,
  SocketOwner,
} from "../../worker/socket/driver.ts";
import { buildFrame, nextMask, Opcode } from "../../worker/socket/lean/frame-builder.ts";
import { show } from "./server-frame.ts";

/** What the owner does when the connection is open. */
export type Action =
  | { readonly do: "send"; readonly payload: Buffer; readonly binary: boolean }
  | { readonly do: "ping"; readonly payload: Buffer }
  | { readonly do: "close"; readonly code: number };

export interface ClientScript {
  readonly onOpen?: readonly Action[];
  /** Send every message back. */
  readonly echo?: boolean;
  /** Close with this code when so many messages have come. */
  readonly closeAfter?: { readonly messages: number; readonly code: number };
}

export const PLAIN_TLS: Endpoint["tls"] = {
  ca: null,
  cert: null,
  key: null,
  servername: null,
  rejectUnauthorized: true,
};

/** An endpoint on loopback with everything else at its plainest. */
export function endpointAt(port: number, changes: Partial<Endpoint> = {}): Endpoint {
  return {
    secure: false,
    host: "127.0.0.1",
    port,
    headers: [],
    subprotocols: [],
    tls: PLAIN_TLS,
    compression: false,
    maxMessageBytes: 2 * 1024 * 1024,
    ...changes,
  };
}

/** Sends a payload in the form the driver takes. */
export function sendOn(
  driver: Driver,
  socket: DriverSocket,
  message: { readonly payload: Uint8Array; readonly binary: boolean },
): boolean {
  const { payload, binary } = message;
  if (driver.framing === "payload") return socket.send(Buffer.from(payload), binary);
  const opcode = binary ? Opcode.binary : Opcode.text;
  return socket.send(buildFrame(opcode, payload, nextMask()), binary);
}

/** An owner that writes down all it is told. */
export class TracingOwner implements SocketOwner {
  readonly lines: string[] = [];
  /** Resolves at onFail or onClosed. */
  readonly over: Promise<void>;
  readonly opened: Promise<void>;
  socket: DriverSocket | null = null;
  end: SocketEnd | null = null;
  readonly #driver: Driver;
  readonly #script: ClientScript;
  #finish: () => void = () => {};
  #open: () => void = () => {};
  #messages = 0;
  #closing: string | null = null;

  constructor(driver: Driver, script: ClientScript = {}) {
    this.#driver = driver;
    this.#script = script;
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  onStage(stage: "tcp" | "tls"): void {
    this.lines.push(`stage ${stage}`);
  }

  onOpen(protocol: string, extensions: string): void {
    const agreed = [protocol, extensions].filter((text) => text !== "");
    this.lines.push(["open", ...agreed].join(" "));
    for (const action of this.#script.onOpen ?? []) this.#act(action);
    this.#open();
  }

  onFail(kind: string, signature: string, detail: string): void {
    this.lines.push(`fail ${kind}: ${signature}${detail === "" ? "" : ` (${detail})`}`);
    this.#finish();
  }

  onMessage(data: Buffer, start: number, end: number, binary: boolean): void {
    const payload = Buffer.from(data.subarray(start, end));
    this.lines.push(`${binary ? "binary" : "text"} ${show(payload)}`);
    const { socket } = this;
    if (socket === null) return;
    if (this.#script.echo) sendOn(this.#driver, socket, { payload, binary });
    this.#messages++;
    const { closeAfter } = this.#script;
    if (closeAfter?.messages === this.#messages) socket.close(closeAfter.code);
  }

  onPong(data: Buffer, start: number, end: number): void {
    this.lines.push(`pong ${show(Buffer.from(data.subarray(start, end)))}`);
  }

  onClosing(code: number, reason: string): void {
    this.lines.push("closing");
    this.#closing = `${code} ${reason}`;
  }

  onClosed(end: SocketEnd): void {
    this.end = end;
    const told = this.#closing ?? `${end.code} ${end.reason}`;
    if (told !== `${end.code} ${end.reason}`) this.lines.push(`closing was told as ${told}`);
    this.lines.push(closedLine(end));
    this.#finish();
  }

  #act(action: Action): void {
    const { socket } = this;
    if (socket === null) throw new Error("onOpen came inside open()");
    if (action.do === "send") sendOn(this.#driver, socket, action);
    else if (action.do === "close") socket.close(action.code);
    else {
      // The payload is promised to be copied: spoil it at once.
      const payload = Buffer.from(action.payload);
      socket.ping(payload);
      randomFillSync(payload);
    }
  }
}

/** One line for a SocketEnd. */
export function closedLine(end: SocketEnd): string {
  const violation =
    end.violation === null ? "" : ` violation ${end.violation.code} ${end.violation.what}`;
  const errno = end.errno === "" ? "" : ` errno ${end.errno}`;
  const how = end.clean ? `clean by ${end.initiator}` : `not clean by ${end.initiator}`;
  return `closed ${end.code} ${show(Buffer.from(end.reason))} ${how}${violation}${errno}`;
}

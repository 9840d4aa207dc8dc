/**
 * The scenario's driver, with what goes through it reported to a tracer. Made by main.ts, used by the engine.
 * Invariant: what the engine and the driver say to each other is passed on as it is.
 */
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import type {
  Driver,
  DriverSocket,
  OpenRequest,
  SocketEnd,
  SocketOwner,
} from "../socket/driver.ts";
import { hostHeader } from "../socket/upgrade.ts";
import type { Tracer } from "./tracer.ts";

export class TracedDriver implements Driver {
  readonly name: Driver["name"];
  readonly framing: Driver["framing"];
  /** The socket of the latest attempt. */
  latest: DriverSocket | null = null;
  readonly #driver: Driver;
  readonly #tracer: Tracer;
  readonly #events: TracedEvents;

  constructor(driver: Driver, tracer: Tracer, events: TracedEvents) {
    this.#driver = driver;
    this.#tracer = tracer;
    this.#events = events;
    this.name = driver.name;
    this.framing = driver.framing;
  }

  open(request: OpenRequest, owner: SocketOwner): DriverSocket {
    const tracer = this.#tracer;
    const { address, endpoint } = request;
    tracer.note(null, `connecting to ${address}:${endpoint.port}`);
    const heard = {
      ...endpoint,
      onAnswerLine: (line: string) => tracer.head(false, line.trimEnd()),
    };
    const traced = new TracedOwner(owner, request, { tracer, events: this.#events });
    const socket = this.#driver.open({ ...request, endpoint: heard }, traced);
    this.latest = new TracedSocket(socket, this.framing === "frame", tracer);
    return this.latest;
  }
}

/** What main.ts wants to know. */
export interface TracedEvents {
  opened(): void;
  /** The attempt failed, or the connection is over. */
  ended(): void;
}

interface Told {
  readonly tracer: Tracer;
  readonly events: TracedEvents;
}

class TracedSocket implements DriverSocket {
  readonly #socket: DriverSocket;
  readonly #framed: boolean;
  readonly #tracer: Tracer;

  constructor(socket: DriverSocket, framed: boolean, tracer: Tracer) {
    this.#socket = socket;
    this.#framed = framed;
    this.#tracer = tracer;
  }

  send(bytes: Buffer, binary: boolean): boolean {
    this.#tracer.sending(this.#framed ? unmasked(bytes) : bytes, binary);
    return this.#socket.send(bytes, binary);
  }

  ping(payload: Buffer): void {
    this.#tracer.note(null, "ping sent");
    this.#socket.ping(payload);
  }

  bufferedBytes(): number {
    return this.#socket.bufferedBytes();
  }

  unsentBytes(): number {
    return this.#socket.unsentBytes();
  }

  close(code: number): void {
    const text = String(code);
    this.#tracer.happened({ type: "frame", sent: true, kind: "close", size: 2, text, name: null });
    this.#socket.close(code);
  }

  abort(reset: boolean): void {
    this.#socket.abort(reset);
  }
}

class TracedOwner implements SocketOwner {
  readonly #owner: SocketOwner;
  readonly #request: OpenRequest;
  readonly #tracer: Tracer;
  readonly #events: TracedEvents;

  constructor(owner: SocketOwner, request: OpenRequest, { tracer, events }: Told) {
    this.#owner = owner;
    this.#request = request;
    this.#tracer = tracer;
    this.#events = events;
  }

  onStage(stage: "tcp" | "tls"): void {
    const { secure } = this.#request.endpoint;
    this.#tracer.happened({
      type: "stage",
      stage,
      detail: stage === "tcp" ? "connected" : "secured",
    });
    if (stage === "tls" || !secure) for (const line of this.#lines()) this.#tracer.head(true, line);
    this.#owner.onStage(stage);
  }

  onOpen(protocol: string, extensions: string): void {
    const tracer = this.#tracer;
    tracer.opened = true;
    tracer.happened({
      ...{ type: "open", protocol: tracer.clean(protocol), extensions: tracer.clean(extensions) },
    });
    this.#owner.onOpen(protocol, extensions);
    tracer.flush();
    this.#events.opened();
  }

  onFail(kind: ConnectFailure, signature: string, detail: string): void {
    this.#owner.onFail(kind, signature, detail);
    this.#events.ended();
  }

  onMessage(data: Buffer, start: number, end: number, binary: boolean): void {
    this.#tracer.came(data.subarray(start, end), binary, () =>
      this.#owner.onMessage(data, start, end, binary),
    );
    this.#tracer.flush();
  }

  onPong(data: Buffer, start: number, end: number): void {
    const text = this.#tracer.clean(data.toString("utf8", start, end));
    const size = end - start;
    this.#tracer.happened({ type: "frame", sent: false, kind: "pong", size, text, name: null });
    this.#owner.onPong(data, start, end);
  }

  onClosing(code: number, reason: string): void {
    const text = this.#tracer.clean(`${code} ${reason}`.trim());
    const size = 2 + Buffer.byteLength(reason);
    this.#tracer.happened({ type: "frame", sent: false, kind: "close", size, text, name: null });
    this.#owner.onClosing(code, reason);
  }

  onClosed(end: SocketEnd): void {
    const { code, initiator: by, violation, errno } = end;
    const why = violation === null ? end.reason || errno : violation.what;
    this.#tracer.happened({ type: "closed", code, reason: this.#tracer.clean(why), by });
    this.#owner.onClosed(end);
    this.#events.ended();
  }

  /** Of the request; what the driver adds by itself (key, version) is left out. */
  #lines(): string[] {
    const { path, endpoint, headers } = this.#request;
    const all = [...endpoint.headers, ...headers];
    const isHost = ([name]: readonly [string, string]) => name.toLowerCase() === "host";
    const host = all.findLast(isHost)?.[1] ?? hostHeader(endpoint);
    const { subprotocols } = endpoint;
    return [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      ...(subprotocols.length === 0 ? [] : [`Sec-WebSocket-Protocol: ${subprotocols.join(", ")}`]),
      ...all.filter((header) => !isHost(header)).map(([name, value]) => `${name}: ${value}`),
    ];
  }
}

/** The payload of a whole masked frame. */
function unmasked(frame: Buffer): Buffer {
  const short = (frame[1] ?? 0) & 0x7f;
  const keyAt = short < 126 ? 2 : short === 126 ? 4 : 10;
  const payload = Buffer.from(frame.subarray(keyAt + 4));
  for (let at = 0; at < payload.length; at += 1) {
    payload[at] = (payload[at] ?? 0) ^ (frame[keyAt + (at & 3)] ?? 0);
  }
  return payload;
}

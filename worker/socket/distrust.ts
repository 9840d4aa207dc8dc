/**
 * An attempt to connect whose client does not accept the target's certificate, because a fault says so: the TLS handshake takes place,
 * and the client ends it. Used by the engine. Invariant: what the target itself does wrong keeps its name.
 */
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import type { Endpoint, SocketEnd, SocketOwner } from "./driver.ts";

/** No certificate is for it (RFC 6761). */
const NOBODY = "injected.invalid";

const distrusting = new WeakMap<Endpoint, Endpoint>();

/** The endpoint, with a name that its certificate is not for. */
export function distrusted(endpoint: Endpoint): Endpoint {
  const known = distrusting.get(endpoint);
  if (known !== undefined) return known;
  const tls = { ...endpoint.tls, servername: NOBODY, rejectUnauthorized: true };
  const made = { ...endpoint, tls };
  distrusting.set(endpoint, made);
  return made;
}

/** The owner of such an attempt: a failure of TLS is the fault's doing. */
export class DistrustingOwner implements SocketOwner {
  readonly #owner: SocketOwner;
  readonly #signature: string;

  constructor(owner: SocketOwner, signature: string) {
    this.#owner = owner;
    this.#signature = signature;
  }

  onStage(stage: "tcp" | "tls"): void {
    this.#owner.onStage(stage);
  }

  onOpen(protocol: string, extensions: string): void {
    this.#owner.onOpen(protocol, extensions);
  }

  onFail(kind: ConnectFailure, signature: string, detail: string): void {
    if (kind.startsWith("tls-")) this.#owner.onFail("injected-connect", this.#signature, "");
    else this.#owner.onFail(kind, signature, detail);
  }

  onMessage(data: Buffer, start: number, end: number, binary: boolean): void {
    this.#owner.onMessage(data, start, end, binary);
  }

  onPong(data: Buffer, start: number, end: number): void {
    this.#owner.onPong(data, start, end);
  }

  onClosing(code: number, reason: string): void {
    this.#owner.onClosing(code, reason);
  }

  onClosed(end: SocketEnd): void {
    this.#owner.onClosed(end);
  }
}

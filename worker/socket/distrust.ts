/**
 * An attempt to connect whose client does not accept the target's certificate, because a fault says so: the TLS handshake takes place,
 * and the client ends it. Used by the engine. Invariant: what the target itself does wrong keeps its name.
 */
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import type { Endpoint, SocketOwner } from "./driver.ts";
import { PassingOwner } from "./passing-owner.ts";

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
export class DistrustingOwner extends PassingOwner {
  readonly #signature: string;

  constructor(owner: SocketOwner, signature: string) {
    super(owner);
    this.#signature = signature;
  }

  override onFail(kind: ConnectFailure, signature: string, detail: string): void {
    if (kind.startsWith("tls-")) super.onFail("injected-connect", this.#signature, "");
    else super.onFail(kind, signature, detail);
  }
}

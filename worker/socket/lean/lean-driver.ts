/**
 * The default driver: node:net or node:tls and our own RFC 6455 client codec, no extensions.
 * Called by the engine. One per thread is enough; it keeps nothing but what endpoints share.
 */
import type { Driver, DriverSocket, Endpoint, OpenRequest, SocketOwner } from "../driver.ts";
import { FailedAttempt } from "../failed-attempt.ts";
import { endpointFault, requestFault } from "../upgrade.ts";
import { type SharedRequest, sharedRequest } from "./handshake.ts";
import { LeanSocket } from "./lean-socket.ts";

interface PreparedEndpoint {
  readonly fault: string;
  readonly shared: SharedRequest;
}

const prepared = new WeakMap<Endpoint, PreparedEndpoint>();

/** @throws Error of OpenSSL when the endpoint's certificate files are unusable; see secureContextOf. */
function open(request: OpenRequest, owner: SocketOwner): DriverSocket {
  const { fault, shared } = prepare(request.endpoint);
  const reason = fault || requestFault(request);
  if (reason === "") return new LeanSocket(request, shared, owner);
  return new FailedAttempt(owner, "scenario-value", reason);
}

function prepare(endpoint: Endpoint): PreparedEndpoint {
  const known = prepared.get(endpoint);
  if (known !== undefined) return known;
  const made = { fault: endpointFault(endpoint), shared: sharedRequest(endpoint) };
  prepared.set(endpoint, made);
  return made;
}

export const leanDriver: Driver = { name: "lean", framing: "frame", open };

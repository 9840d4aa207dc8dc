/**
 * Opens the sockets of connections: which driver, which target, by which route, with which request. Owned by the connection
 * pool. Invariant: each attempt of an index has a number of its own.
 */
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { ConnectionHost, HostedConnection } from "../connection/connection-host.ts";
import { openRequest, writtenSubprotocol } from "../reach/open-request.ts";
import type { Routes } from "../reach/routes.ts";
import type { Recorder } from "../record/recorder.ts";
import { DistrustingOwner, distrusted } from "../socket/distrust.ts";
import type { Driver, DriverSocket } from "../socket/driver.ts";
import { leanDriver } from "../socket/lean/lean-driver.ts";
import { SpoiltSocket } from "../socket/spoilt-socket.ts";
import { wsDriver } from "../socket/ws/ws-driver.ts";
import { AttemptNumbers } from "./attempt-numbers.ts";
import { type EngineContext, handshakeOf, targetOf } from "./engine-context.ts";

/** The scenario's, unless a simulation brings its own. */
export function driverOf(scenario: StrictScenario, given: Driver | undefined): Driver {
  return given ?? (scenario.connect.driver === "ws" ? wsDriver : leanDriver);
}

type Host = Pick<ConnectionHost, "correlator" | "faults">;

export class SocketOpener {
  readonly attempts = new AttemptNumbers();
  readonly #context: EngineContext;
  readonly #driver: Driver;
  readonly #routes: Routes;
  readonly #host: Host;

  constructor(context: EngineContext, driver: Driver, routes: Routes, host: Host) {
    this.#context = context;
    this.#driver = driver;
    this.#routes = routes;
    this.#host = host;
  }

  /** To the address of the attempt's `tries`-th try, from 0 on. */
  open(connection: HostedConnection, tries: number): DriverSocket {
    connection.tries = tries;
    const target = targetOf(this.#context, connection.target);
    this.attempts.begun(connection);
    const { faults, correlator } = this.#host;
    const spoilt = faults?.spoilt(connection) ?? null;
    // Without TLS there is none to fail: it fails at once.
    if (spoilt !== null && (spoilt.where !== "tls" || !target.endpoint.secure)) {
      return new SpoiltSocket(connection, spoilt);
    }
    const route = this.#routes.route(connection.index, connection.target, tries);
    const handshake = handshakeOf(target, connection);
    const context = correlator.contextOf(connection);
    const request = openRequest({ target, handshake, route }, context);
    if (spoilt === null) return this.#driver.open(request, connection);
    const changed = { ...request, endpoint: distrusted(request.endpoint) };
    return this.#driver.open(changed, new DistrustingOwner(connection, spoilt.signature));
  }

  /** The connection opened, with these agreed on; "" for none. */
  agreed(
    connection: HostedConnection,
    recorder: Recorder,
    { protocol, extensions }: { readonly protocol: string; readonly extensions: string },
  ): void {
    recorder.agreed.count(protocol && this.#written(connection, protocol), extensions);
  }

  #written(connection: HostedConnection, protocol: string): string {
    const handshake = handshakeOf(targetOf(this.#context, connection.target), connection);
    return writtenSubprotocol(handshake, protocol, this.#host.correlator.contextOf(connection));
  }
}

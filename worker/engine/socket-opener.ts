/**
 * Opens the sockets of connections: which driver, which target, by which route, with which request. Owned by the connection
 * pool. Invariant: each attempt of an index has a number of its own.
 */
import type { AlteredAttempt } from "../../shared/scenario/sections/faults/action.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { RenderContext } from "../../shared/scenario/template/render.ts";
import type { ConnectionHost, HostedConnection } from "../connection/connection-host.ts";
import type { Spoiling } from "../faults/altered-attempts.ts";
import type { Faults } from "../faults/faults.ts";
import { openRequest, writtenSubprotocol } from "../reach/open-request.ts";
import type { Routes } from "../reach/routes.ts";
import { withToken } from "../reach/stale-request.ts";
import type { Recorder } from "../record/recorder.ts";
import { DistrustingOwner, distrusted } from "../socket/distrust.ts";
import type { Driver, DriverSocket, OpenRequest, SocketOwner } from "../socket/driver.ts";
import { FailedAttempt } from "../socket/failed-attempt.ts";
import { leanDriver } from "../socket/lean/lean-driver.ts";
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
    this.attempts.begun(connection);
    const { faults } = this.#host;
    const spoiling = faults?.spoiling(connection) ?? null;
    if (faults !== null && spoiling !== null) return this.#spoilt(connection, faults, spoiling);
    return this.#driver.open(this.#requestOf(connection), connection);
  }

  /** Another handshake of the connection's request, to the address it has. @param spoil null: as it is */
  beside(
    connection: HostedConnection,
    owner: SocketOwner,
    spoil: ((head: string) => string) | null,
  ): DriverSocket {
    // As its attempt was: nothing had been sent then.
    const request = this.#requestOf(connection, { seq: 0 });
    if (spoil === null) return this.#driver.open(request, owner);
    return leanDriver.open({ ...request, spoil }, owner);
  }

  #spoilt(
    connection: HostedConnection,
    { altered }: Faults<HostedConnection>,
    { window, spoilt }: Spoiling,
  ): DriverSocket {
    if (spoilt.where === "request") {
      const request = this.#alteredRequest(connection, spoilt);
      const open = (owner: SocketOwner) => this.#driver.open(request, owner);
      return altered.open(connection, { window, spoilt }, open);
    }
    const { endpoint } = targetOf(this.#context, connection.target);
    // Without TLS there is none to fail: it fails at once.
    if (spoilt.where !== "tls" || !endpoint.secure) {
      const { where, signature } = spoilt;
      return new FailedAttempt(connection, "injected-connect", signature, where === "address");
    }
    const request = this.#requestOf(connection);
    const changed = { ...request, endpoint: distrusted(request.endpoint) };
    return this.#driver.open(changed, new DistrustingOwner(connection, spoilt.signature));
  }

  #alteredRequest(connection: HostedConnection, { stale }: AlteredAttempt): OpenRequest {
    if (stale === null) return this.#requestOf(connection);
    const { value } = stale;
    if (value !== null) return withToken(this.#requestOf(connection), { ...stale, value });
    const before = connection.touch?.capturedBefore ?? [];
    return this.#requestOf(connection, before.length > 0 ? { captured: before } : null);
  }

  /** @param values that are others than the connection's */
  #requestOf(
    connection: HostedConnection,
    values: Partial<RenderContext> | null = null,
  ): OpenRequest {
    const { index, tries } = connection;
    const target = targetOf(this.#context, connection.target);
    const route = this.#routes.route(index, connection.target, tries);
    const handshake = handshakeOf(target, connection);
    const context = this.#host.correlator.contextOf(connection);
    const opening = { target, handshake, route };
    return openRequest(opening, values === null ? context : { ...context, ...values });
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

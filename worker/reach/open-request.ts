/**
 * What a driver needs to open a connection: address, path, headers and subprotocols, with the connection's own values in them. Called by
 * the pool. Invariant: a pure function of the connection's index and attempt.
 */
import type { RenderContext } from "../../shared/scenario/template/render.ts";
import type { OpenRequest } from "../socket/driver.ts";
import { pathText } from "./request-text.ts";
import type { Handshake, ResolvedTarget } from "./resolve.ts";
import type { Route } from "./routes.ts";

/**
 * The subprotocol a connection agreed on, as the scenario writes it: `bearer.{{data.users.token}}`, whatever the token. So
 * connections that each have their own are counted together, and no row of the data gets into a report.
 */
export function writtenSubprotocol(
  { subprotocols }: Pick<Handshake, "subprotocols">,
  agreed: string,
  context: RenderContext,
): string {
  return subprotocols?.find((name) => name.render(context) === agreed)?.source ?? agreed;
}

export interface Opening {
  readonly target: ResolvedTarget;
  /** One of the target's. */
  readonly handshake: Handshake;
  readonly route: Route;
}

export function openRequest(
  { target, handshake, route }: Opening,
  context: RenderContext,
): OpenRequest {
  const { endpoint, headers, subprotocols } = handshake;
  const { address, localAddress } = route;
  return {
    endpoint:
      subprotocols === null
        ? endpoint
        : { ...endpoint, subprotocols: subprotocols.map((name) => name.render(context)) },
    path: pathText(target.path.render(context)),
    address,
    localAddress,
    headers: headers.map(([name, value]) => [name, value.render(context)] as const),
  };
}

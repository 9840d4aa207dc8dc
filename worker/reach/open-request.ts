/**
 * What a driver needs to open a connection: address, path, headers and subprotocols, with the connection's own values in them. Called by
 * the pool. Invariant: a pure function of the connection's index and attempt.
 */
import type { RenderContext } from "../../shared/scenario/template/render.ts";
import type { OpenRequest } from "../socket/driver.ts";
import { pathText } from "./request-text.ts";
import type { ResolvedTarget } from "./resolve.ts";
import type { Route } from "./routes.ts";

/**
 * The subprotocol a connection agreed on, as the scenario writes it: `bearer.{{data.users.token}}`, whatever the token. So
 * connections that each have their own are counted together, and no row of the data gets into a report.
 */
export function writtenSubprotocol(
  { subprotocols }: ResolvedTarget,
  agreed: string,
  context: RenderContext,
): string {
  return subprotocols?.find((name) => name.render(context) === agreed)?.source ?? agreed;
}

export function openRequest(
  { endpoint, path, headers, subprotocols }: ResolvedTarget,
  { address, localAddress }: Route,
  context: RenderContext,
): OpenRequest {
  return {
    endpoint:
      subprotocols === null
        ? endpoint
        : { ...endpoint, subprotocols: subprotocols.map((name) => name.render(context)) },
    path: pathText(path.render(context)),
    address,
    localAddress,
    headers: headers.map(([name, value]) => [name, value.render(context)] as const),
  };
}

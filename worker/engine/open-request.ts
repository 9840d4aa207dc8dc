/**
 * What a driver needs to open a connection: address, path and headers, with the connection's own values in them. Called by
 * the pool. Invariant: a pure function of the connection's index and attempt.
 */
import type { RenderContext } from "../../shared/scenario/render.ts";
import type { OpenRequest } from "../connection/driver.ts";
import { headerText, pathText } from "./request-text.ts";
import type { ResolvedTarget } from "./resolve.ts";

export function openRequest(
  { endpoint, address, path, headers }: ResolvedTarget,
  localAddress: string | null,
  context: RenderContext,
): OpenRequest {
  return {
    endpoint,
    path: pathText(path.render(context)),
    address,
    localAddress,
    headers: headers.map(([name, value]) => [name, headerText(value.render(context))] as const),
  };
}

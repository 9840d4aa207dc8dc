/**
 * The request of an attempt that carries an old token, as a fault says. Called by the engine. Invariant: nothing of the request differs
 * but the token.
 */
import type { StaleToken } from "../../shared/scenario/sections/faults/action.ts";
import type { OpenRequest } from "../socket/driver.ts";

type HeaderPair = readonly [string, string];

/** With the value in the place of the token: the parameter of the query, or else the header. */
export function withToken(
  request: OpenRequest,
  { value, header, query }: StaleToken & { readonly value: string },
): OpenRequest {
  return query === null
    ? withHeader(request, [header, value])
    : { ...request, path: withParameter(request.path, [query, value]) };
}

function withHeader(request: OpenRequest, header: HeaderPair): OpenRequest {
  const name = header[0].toLowerCase();
  const isOther = ([one]: HeaderPair) => one.toLowerCase() !== name;
  const { endpoint, headers } = request;
  return {
    ...request,
    endpoint: { ...endpoint, headers: endpoint.headers.filter(isOther) },
    headers: [...headers.filter(isOther), header],
  };
}

/** All parameters of this name go. */
function withParameter(path: string, [name, value]: HeaderPair): string {
  const [before = "", ...rest] = path.split("?");
  const key = encodeURIComponent(name);
  const others = rest
    .join("?")
    .split("&")
    .filter((one) => one !== "" && one.split("=")[0] !== key);
  return `${before}?${[...others, `${key}=${encodeURIComponent(value)}`].join("&")}`;
}

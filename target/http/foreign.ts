/**
 * Whether a request that would change the target comes from a page of another site. Called by pages.ts. A browser can be
 * made to send one: across origins, or under a name of the page's own that resolves to this machine.
 * Invariant: pure; programs on this machine and in its cluster, which send no Origin, are never foreign under a name that
 * no site can have.
 */
import { isIP } from "node:net";
import type { HttpRequest } from "../connection/request.ts";

/** Ends of names that are given inside a network only. */
const INSIDE = /\.(localhost|local|internal|lan|home\.arpa|svc|cluster\.local)$/;

export function isForeign({ headers }: HttpRequest): boolean {
  const host = (headers.get("host") ?? "").toLowerCase();
  const origin = headers.get("origin")?.toLowerCase();
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    return true;
  const name = host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  if (isIP(name) !== 0) return false;
  return !/^[a-z0-9._-]+$/.test(name) || (name.includes(".") && !INSIDE.test(name));
}

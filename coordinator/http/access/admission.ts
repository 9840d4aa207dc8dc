/**
 * Who is let in: by role, by name of this machine, and only while this coordinator leads. Used by server.ts, before a body
 * is read. Invariant: a route that names no role lets nobody in but those with a token.
 */
import type { FastifyRequest } from "fastify";
import { isLoopbackHost, parseAuthority } from "../../../shared/net/host.ts";
import type { Lead } from "../../fleet/lead.ts";
import { HttpProblem, noLead } from "../problem.ts";
import { mayAs, type Tokens } from "./tokens.ts";

export const PREFIX = "/api/v1";

/** The lead, as far as answers depend on it. */
export type LeadOfServer = Pick<Lead, "held" | "standing">;

export interface Doors {
  /** null: nobody has to say who they are. */
  readonly tokens: Tokens | null;
  /** Listens on this machine's own addresses only. */
  readonly local: boolean;
}

/** A page of the API's description; what it shows of the API asks for a token. */
export function isPage(url: string): boolean {
  return url === "/docs" || url.startsWith("/docs/") || url === "*";
}

/** Who asks, and whether they may. @throws HttpProblem 401, 403 */
export async function admit(request: FastifyRequest, { tokens, local }: Doors): Promise<void> {
  const { role } = request.routeOptions.config;
  if (local && tokens === null) refuseForeignNames(request);
  if (
    role === null ||
    tokens === null ||
    (role === undefined && isPage(request.url.split("?")[0] ?? ""))
  ) {
    return;
  }
  const caller = tokens.caller(request.headers.authorization);
  if (caller === null) {
    throw new HttpProblem(401, "a token is needed: Authorization: Bearer …", {
      remedy:
        "Give one the coordinator knows, and that has not expired; the onrush command takes it from ONRUSH_TOKEN.",
    });
  }
  if (role !== undefined && !mayAs(caller.role, role)) {
    throw new HttpProblem(403, `this takes the role ${role}; ${caller.name} is ${caller.role}`);
  }
  request.caller = caller;
}

/**
 * A process that was paused past its lead must not answer for runs that another coordinator serves by now.
 * @throws HttpProblem 503
 */
export async function heedLead({ method, url }: FastifyRequest, lead: LeadOfServer): Promise<void> {
  if (lead.held || !url.startsWith(PREFIX)) return;
  const standing = await lead.standing();
  if (standing === "lost") throw noLead();
  // The bus does not answer: what is on disk can be shown, and commands for runs whose lock is ours be kept.
  if (standing === "leads" || method === "GET" || url.includes("/actions/")) return;
  throw new HttpProblem(503, "the bus does not answer, so it is not certain that this one leads", {
    ...{ code: "ONRUSH_BUS_UNREACHABLE", remedy: "Try again when /readyz answers with 200." },
  });
}

/** A page of another site must not be let in: neither under a name of its own, nor by the reader's browser. */
function refuseForeignNames({ headers: { host = "", origin } }: FastifyRequest): void {
  if (!isLoopbackHost(parseAuthority(host)?.host ?? "")) {
    throw new HttpProblem(403, "this coordinator answers to names of this machine only");
  }
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    throw new HttpProblem(403, "this coordinator does not answer to pages of other sites");
  }
}

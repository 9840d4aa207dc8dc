/**
 * The target's own pages: its counts and its behaviour, for the whole group whichever process was asked.
 * Called by the opening for requests that are no upgrade. Invariant: every answer is JSON; a behaviour is
 * put in force everywhere or nowhere.
 */
import type { Buffer } from "node:buffer";
import { systemClock } from "../../shared/time/clock.ts";
import { parseStrain } from "../behaviour/strain.ts";
import { type Behaviour, parseBehaviour } from "../behaviour-schema.ts";
import { plainResponse } from "../connection/handshake.ts";
import type { PeerCounts } from "../connection/peers.ts";
import type { HttpRequest } from "../connection/request.ts";
import { resumeFor, tokenFor } from "../conversation/passes.ts";
import { MAX_ANSWERS } from "../dialogue/answer-log.ts";
import { MAX_NAME_LENGTH } from "../dialogue/bounds.ts";
import type { RoomCounts } from "../dialogue/rooms.ts";
import type { Group, Report } from "../processes/group.ts";
import { groupAcceptTimes, groupReplyTimes, sumStats } from "../stats.ts";
import { isForeign } from "./foreign.ts";

/** Connections, rooms or answers listed at most, over all processes. */
const MAX_LISTED = MAX_ANSWERS;
const DEFAULT_LISTED = 1000;
/** Of a token: a day. */
const MAX_TTL_MS = 86_400_000;

interface Page {
  readonly status: number;
  readonly body: unknown;
  readonly allow?: string;
}

/** An HTTP handler for one process of `group`. */
export function pages(group: Group): (request: HttpRequest, body: Buffer) => Promise<string> {
  return async (request, body) => {
    const page = await pageFor(group, request, body);
    const extra = page.allow === undefined ? [] : [`Allow: ${page.allow}`];
    const text = `${JSON.stringify(page.body, null, 2)}\n`;
    return plainResponse(page.status, "application/json; charset=utf-8", text, extra);
  };
}

async function pageFor(group: Group, request: HttpRequest, body: Buffer): Promise<Page> {
  const url = new URL(request.path, "http://target");
  const route = `${request.method} ${url.pathname}`;
  if (request.method !== "GET" && isForeign(request)) return FOREIGN;
  switch (route) {
    case "GET /stats":
      return { status: 200, body: await stats(group, url.searchParams) };
    case "POST /stats/reset":
      await group.reset();
      return { status: 200, body: { reset: true } };
    case "GET /behaviour":
      return { status: 200, body: group.behaviour };
    case "PUT /behaviour":
      return behave(group, body);
    case "PUT /resources":
      return strain(group, body);
    case "DELETE /resources":
      await group.strain(null);
      return { status: 200, body: { ended: true } };
    case "POST /login":
      return login(group, body);
    case "GET /healthz":
      return { status: 200, body: { ok: true } };
    default:
      return notFound(url.pathname);
  }
}

const FOREIGN: Page = {
  status: 403,
  body: { error: "only GET is answered to pages of other sites, and under names of other sites" },
};

const METHODS: Readonly<Record<string, string>> = {
  "/stats": "GET",
  "/stats/reset": "POST",
  "/behaviour": "GET, PUT",
  "/resources": "PUT, DELETE",
  "/login": "POST",
  "/healthz": "GET",
};

function notFound(path: string): Page {
  const allow = METHODS[path];
  if (allow !== undefined) return { status: 405, allow, body: { error: `use ${allow}` } };
  const error =
    "not found: a WebSocket server, with GET /stats, POST /stats/reset, GET and PUT /behaviour, PUT and DELETE /resources, POST /login";
  return { status: 404, body: { error } };
}

async function stats(group: Group, query: URLSearchParams): Promise<object> {
  const limit = listed(query);
  const wants = {
    connections: query.get("perConnection") === "1" ? limit : 0,
    rooms: query.get("perRoom") === "1" ? limit : 0,
    answers: query.get("perAnswer") === "1" ? limit : 0,
  };
  const reports = await group.collect(wants);
  const snapshots = reports.map((report) => report.stats);
  return {
    ...sumStats(snapshots),
    ...(query.get("acceptTimes") === "1" ? { acceptTimes: groupAcceptTimes(snapshots) } : {}),
    ...(query.get("replyTimes") === "1" ? { replyTimes: groupReplyTimes(snapshots) } : {}),
    ...(wants.connections > 0 ? { connections: connectionsOf(reports, limit) } : {}),
    ...(wants.rooms > 0 ? { rooms: roomsOf(reports, limit) } : {}),
    ...(wants.answers > 0
      ? { answers: reports.flatMap(({ answers }) => answers).slice(0, limit) }
      : {}),
  };
}

function listed(query: URLSearchParams): number {
  const limit = Number(query.get("limit") ?? DEFAULT_LISTED);
  return Number.isInteger(limit) && limit > 0 ? Math.min(limit, MAX_LISTED) : DEFAULT_LISTED;
}

type ListedConnection = PeerCounts & { readonly process: number };

function connectionsOf(reports: readonly Report[], limit: number): ListedConnection[] {
  return reports
    .flatMap((report, process) => report.connections.map((counts) => ({ process, ...counts })))
    .slice(0, limit);
}

/** A room's members and deliveries are spread over the processes; what was said reaches all of them. */
function roomsOf(reports: readonly Report[], limit: number): RoomCounts[] {
  const rooms = new Map<string, RoomCounts>();
  for (const counts of reports.flatMap((report) => report.rooms)) {
    const before = rooms.get(counts.room);
    rooms.set(counts.room, {
      room: counts.room,
      members: (before?.members ?? 0) + counts.members,
      said: Math.max(before?.said ?? 0, counts.said),
      delivered: (before?.delivered ?? 0) + counts.delivered,
    });
  }
  return [...rooms.values()].slice(0, limit);
}

/** A token for a user who says who it is; with `ttlMs` it ends. */
function login(group: Group, body: Buffer): Page {
  const read = jsonOf(body);
  if ("status" in read) return read;
  const asked = read.document as Readonly<Record<string, unknown>> | null;
  const user = asked?.["user"];
  const ttlMs = asked?.["ttlMs"] ?? 0;
  if (typeof user !== "string" || user === "" || user.length > MAX_NAME_LENGTH) {
    return { status: 422, body: { error: "wants { user }, a name of 1 to 128 characters" } };
  }
  if (typeof ttlMs !== "number" || !(ttlMs >= 0 && ttlMs <= MAX_TTL_MS)) {
    return { status: 422, body: { error: `ttlMs: milliseconds, ${MAX_TTL_MS} at most` } };
  }
  group.counted("tokensIssued");
  const untilMs = ttlMs === 0 ? 0 : Math.ceil(systemClock.wallMs() + ttlMs);
  return {
    status: 200,
    body: { user, token: tokenFor(user, untilMs), resume: resumeFor(user, 0) },
  };
}

async function behave(group: Group, body: Buffer): Promise<Page> {
  const read = jsonOf(body);
  if ("status" in read) return read;
  const parsed = parseBehaviour(read.document);
  if ("issues" in parsed) {
    return { status: 422, body: { error: "not a behaviour", issues: parsed.issues } };
  }
  const behaviour: Behaviour = parsed.behaviour;
  await group.behave(behaviour);
  return { status: 200, body: behaviour };
}

/** Takes resources for a time. */
async function strain(group: Group, body: Buffer): Promise<Page> {
  const read = jsonOf(body);
  if ("status" in read) return read;
  const parsed = parseStrain(read.document);
  if ("issues" in parsed) {
    return { status: 422, body: { error: "no such resources", issues: parsed.issues } };
  }
  await group.strain(parsed.order);
  return { status: 200, body: parsed.order };
}

function jsonOf(body: Buffer): { readonly document: unknown } | Page {
  try {
    return { document: JSON.parse(body.toString("utf8")) as unknown };
  } catch (error) {
    const why = error instanceof Error ? error.message : "not JSON";
    const issues = [{ path: "(document)", message: why }];
    return { status: 400, body: { error: "not JSON", issues } };
  }
}

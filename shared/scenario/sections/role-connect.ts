/**
 * `roles.NAME.connect`: what the connections of a role have instead of, or beside, what `connect` says. Called by roles.ts.
 * Invariant: what is not written is as in `connect`; what belongs to the whole run (driver, compression, local addresses)
 * cannot be written here.
 */
import * as z from "zod";
import type { Path } from "../issue.ts";
import { about, duration, list, size, strict, text, whole } from "../shape/fields.ts";
import { asWritten } from "../shape/marks.ts";
import { HINT } from "../shape/words.ts";
import type { StrictConnect, StrictReconnect } from "../strict.ts";
import { RECONNECT_POLICIES } from "../strict-connect.ts";
import { formatDuration, formatSize } from "../units.ts";
import { writtenHeartbeat } from "./connect.ts";
import { checkHeaders } from "./connect-headers.ts";
import { reconnect, writtenReconnect } from "./reconnect.ts";
import { type Scene, soundParts } from "./section.ts";
import { checkSubprotocols } from "./subprotocols.ts";
import { checkTls, tls, writtenTls } from "./tls.ts";

function heartbeat() {
  return strict({
    ping: about(duration().optional(), "Time between pings.", "25s"),
    timeout: about(duration().optional(), "How long to wait for the pong.", "10s"),
  });
}

/** As `connect.reconnect`, with every key left to that one. */
function reconnectPart() {
  return strict({
    policy: about(
      z.enum(RECONNECT_POLICIES).optional(),
      "How long to wait before connecting again: see docs/faults.md.",
      "full-jitter",
    ),
    min: about(duration().optional(), "Shortest wait (the wait, with fixed).", "500ms"),
    max: about(duration().optional(), "Longest wait.", "30s"),
    attempts: about(
      whole(1, 1_000_000).optional(),
      "Attempts after a connection was lost or refused.",
      10,
    ),
  });
}

export function roleConnect() {
  return strict({
    headers: about(
      asWritten(z.record(z.string().max(256), z.string().max(8192))).optional(),
      "Headers of the upgrade request, beside those of `connect`; one of the same name takes its place.",
      { authorization: "Bearer {{data.agents.token}}" },
    ),
    subprotocols: about(
      asWritten(list(() => text(256), 0, 100)).optional(),
      "Subprotocols to offer, in place of those of `connect`.",
      ["chat.v2"],
    ),
    timeout: about(
      duration().optional(),
      "From the start of an attempt to the end of its upgrade.",
      "10s",
    ),
    tls: about(tls().optional(), "Certificates, in place of those of `connect`.", { ca: "ca.pem" }),
    heartbeat: about(
      z.union([z.literal("none"), heartbeat()]).optional(),
      "Pings of these connections; keys that are left out are those of `connect`. none: they do not ping.",
      { ping: "5s" },
      "none",
    ),
    reconnect: about(
      reconnectPart().optional(),
      "What they do when a connection is lost or refused; keys that are left out are those of `connect`.",
      { attempts: 3 },
    ),
    maxMessage: about(
      size(125, 256 * 1024 ** 2).optional(),
      "Largest message accepted from the target.",
      "1mb",
    ),
  });
}

type Shape = ReturnType<typeof roleConnect>;

/** @param at of `roles.NAME.connect`; undefined: it was not written */
export function strictRoleConnect(
  value: z.output<Shape> | undefined,
  at: Path,
  scene: Scene,
): StrictConnect {
  const base = scene.scope.connect;
  if (value === undefined) return base;
  const known = soundParts(value, at, scene.log);
  const { headers, subprotocols, timeout, maxMessage } = known;
  return {
    ...base,
    headers:
      headers === undefined
        ? base.headers
        : withHeaders(base.headers, checkHeaders(headers, [...at, "headers"], scene)),
    subprotocols:
      subprotocols === undefined
        ? base.subprotocols
        : checkSubprotocols(subprotocols, [...at, "subprotocols"], scene),
    timeoutUs: timeout ?? base.timeoutUs,
    tls: known.tls === undefined ? base.tls : checkTls(known.tls, [...at, "tls"], scene),
    heartbeat: heartbeatOf(known.heartbeat, base, { at: [...at, "heartbeat"], scene }),
    reconnect: reconnectOf(known.reconnect, base, { at: [...at, "reconnect"], scene }),
    maxMessageBytes: maxMessage ?? base.maxMessageBytes,
  };
}

interface Place {
  readonly at: Path;
  readonly scene: Scene;
}

/** Names are the same whatever their case. */
function withHeaders(
  base: StrictConnect["headers"],
  own: StrictConnect["headers"],
): StrictConnect["headers"] {
  const names = new Set(own.map(([name]) => name.toLowerCase()));
  return [...base.filter(([name]) => !names.has(name.toLowerCase())), ...own];
}

function heartbeatOf(
  value: z.output<Shape>["heartbeat"],
  { heartbeat: base }: StrictConnect,
  { at, scene }: Place,
): StrictConnect["heartbeat"] {
  if (value === undefined) return base;
  if (value === "none") return null;
  const pingUs = value.ping ?? base?.pingUs;
  if (pingUs === undefined) {
    scene.log.add(at, "missing key ping", "add ping: 25s; connect has no heartbeat either");
    return null;
  }
  return { pingUs, timeoutUs: value.timeout ?? base?.timeoutUs ?? 10_000_000 };
}

/** By the rules of `connect.reconnect`: a policy that is not that of `connect` begins anew. */
function reconnectOf(
  value: z.output<Shape>["reconnect"],
  { reconnect: base }: StrictConnect,
  { at, scene }: Place,
): StrictReconnect {
  if (value === undefined) return base;
  const { policy = base.policy, min, max, attempts } = value;
  const own = {
    policy,
    ...(min === undefined ? {} : { min: formatDuration(min) }),
    ...(max === undefined ? {} : { max: formatDuration(max) }),
    ...(attempts === undefined ? {} : { attempts }),
  };
  const inherited = policy === base.policy ? writtenReconnect(base) : {};
  const parsed = reconnect().safeParse({ ...inherited, ...own });
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) {
    const [what = "", hint = ""] = message.split(HINT);
    scene.log.add([...at, ...path.map(String)], what, hint);
  }
  return base;
}

/** As it could have been written; what was not, is left out. */
export function writtenRoleConnect(
  { heartbeat: pings, ...connect }: StrictConnect,
  given: z.input<Shape>,
): z.input<Shape> {
  const has = (key: keyof z.input<Shape>) => given[key] !== undefined;
  return {
    ...(has("headers") && { headers: Object.fromEntries(connect.headers) }),
    ...(has("subprotocols") && { subprotocols: [...connect.subprotocols] }),
    ...(has("timeout") && { timeout: formatDuration(connect.timeoutUs) }),
    ...(given.tls !== undefined && { tls: writtenTls(connect.tls, given.tls) }),
    ...(has("heartbeat") && { heartbeat: pings === null ? "none" : writtenHeartbeat(pings) }),
    ...(has("reconnect") && { reconnect: writtenReconnect(connect.reconnect) }),
    ...(has("maxMessage") && { maxMessage: formatSize(connect.maxMessageBytes) }),
  };
}

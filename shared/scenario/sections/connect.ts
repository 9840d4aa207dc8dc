/**
 * `connect`: how connections are opened and kept. Listed in registry.ts. Invariant: what the scenario says of the
 * handshake can be sent, with every row of the data.
 */
import { isIP } from "node:net";
import * as z from "zod";
import { MAX_ITEMS } from "../limits.ts";
import { about, byDefault, duration, fault, list, size, strict, text } from "../shape/fields.ts";
import { asWritten } from "../shape/marks.ts";
import type { StrictConnect, StrictScenario } from "../strict.ts";
import { formatDuration, formatSize, quoted } from "../units.ts";
import { checkHeaders } from "./connect-headers.ts";
import { reconnect, writtenReconnect } from "./reconnect.ts";
import { section, soundParts } from "./section.ts";
import { checkSubprotocols } from "./subprotocols.ts";
import { checkTls, NO_TLS, tls, writtenTls } from "./tls.ts";

const DEFAULT_DRIVER = "lean";

function heartbeat() {
  return strict({
    ping: about(duration(), "Time between pings.", "25s"),
    timeout: byDefault(duration(), "10s", "How long to wait for the pong."),
  });
}

function localAddress() {
  const isAddress = z.superRefine<string>((address, context) => {
    if (isIP(address) === 0) fault(context, [`not an IP address: ${quoted(address)}`, ""]);
  });
  return text(64, isAddress);
}

function shape() {
  return strict({
    headers: about(
      asWritten(z.record(z.string().max(256), z.string().max(8192))).optional(),
      "Headers of the upgrade request, host too. Values may hold placeholders.",
      { authorization: "Bearer {{vars.token}}" },
      { host: "chat.example" },
    ),
    subprotocols: about(
      asWritten(list(() => text(256), 0, 100)).optional(),
      "Subprotocols to offer, best first. May hold placeholders of the connection.",
      ["chat.v2"],
      ["chat.v2", "bearer.{{data.users.token}}"],
    ),
    timeout: byDefault(
      duration(),
      "10s",
      "From the start of an attempt to the end of its upgrade.",
    ),
    tls: about(tls().optional(), "Certificates for wss:// targets.", { ca: "ca.pem" }),
    compression: byDefault(
      z.boolean(),
      false,
      "Offer permessage-deflate; selects the ws driver.",
      true,
    ),
    driver: about(
      z.enum(["lean", "ws"]).optional(),
      `lean is fast and small; ws is the reference. Default: ${DEFAULT_DRIVER}.`,
      "lean",
    ),
    heartbeat: about(
      heartbeat().optional(),
      "Ping the target; a missing pong ends the connection.",
      { ping: "25s", timeout: "10s" },
    ),
    reconnect: about(
      reconnect().prefault({ policy: "none" }),
      "What to do when a connection is lost or refused. Default: nothing.",
      { policy: "full-jitter", min: "500ms", max: "30s", attempts: 10 },
    ),
    localAddresses: about(
      z.union([z.literal("auto"), list(localAddress, 1, MAX_ITEMS)]).prefault("auto"),
      "Source addresses, when one has too few ports. auto spreads over 127/8 for loopback targets, as far as this machine's ports ask for it. Default: auto.",
      "auto",
      ["10.0.0.5", "10.0.0.6"],
    ),
    maxMessage: byDefault(
      size(125, 256 * 1024 ** 2),
      "16mb",
      "Largest message accepted from the target.",
      "1mb",
    ),
  }).prefault({});
}

export const connect = section({
  key: "connect",
  shape: () => about(shape(), "How connections are opened and kept.", { timeout: "10s" }),
  strict: (value, scene) => {
    const { log, scope } = scene;
    const known = soundParts(value, ["connect"], log);
    const { compression, driver = DEFAULT_DRIVER, heartbeat: pings } = known;
    if (compression && known.driver === "lean") {
      const hint = "leave driver out, or turn compression off";
      log.add(["connect", "driver"], "the lean driver has no compression", hint);
    }
    const strictTls =
      known.tls === undefined ? NO_TLS : checkTls(known.tls, ["connect", "tls"], scene);
    const strictConnect: StrictConnect = {
      headers: checkHeaders(known.headers ?? {}, ["connect", "headers"], scene),
      subprotocols: checkSubprotocols(known.subprotocols ?? [], ["connect", "subprotocols"], scene),
      timeoutUs: known.timeout,
      tls: strictTls,
      compression,
      driver: compression ? "ws" : driver,
      heartbeat: pings === undefined ? null : { pingUs: pings.ping, timeoutUs: pings.timeout },
      reconnect: known.reconnect,
      localAddresses: known.localAddresses,
      maxMessageBytes: known.maxMessage,
    };
    const secrets = strictTls.key === null ? scope.secrets : [...scope.secrets, strictTls.key];
    return { secrets, connect: strictConnect };
  },
  written,
});

type Written = z.input<ReturnType<typeof shape>>;

function written({ connect: strictConnect }: StrictScenario, given: Written): Written {
  const { heartbeat: pings, localAddresses } = strictConnect;
  return {
    headers: Object.fromEntries(strictConnect.headers),
    subprotocols: [...strictConnect.subprotocols],
    timeout: formatDuration(strictConnect.timeoutUs),
    tls: writtenTls(strictConnect.tls, given?.tls ?? {}),
    compression: strictConnect.compression,
    driver: strictConnect.driver,
    ...(pings === null ? {} : { heartbeat: writtenHeartbeat(pings) }),
    reconnect: writtenReconnect(strictConnect.reconnect),
    localAddresses: localAddresses === "auto" ? "auto" : [...localAddresses],
    maxMessage: formatSize(strictConnect.maxMessageBytes),
  };
}

export function writtenHeartbeat({ pingUs, timeoutUs }: NonNullable<StrictConnect["heartbeat"]>) {
  return { ping: formatDuration(pingUs), timeout: formatDuration(timeoutUs) };
}

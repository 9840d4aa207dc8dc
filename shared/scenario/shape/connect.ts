/**
 * The shape of `target`, `targets`, `connect`, `vars` and `data`: to whom connections go and with what.
 * Called by schema.ts. Invariant: every key here has a default in check/connect.ts or is required.
 */
import * as z from "zod";
import { about, duration, file, identifier, label, size, strict, text } from "./fields.ts";

export const MAX_ITEMS = 1000;
const MAX_URL_CHARS = 4096;

export const targetUrl = about(
  text(MAX_URL_CHARS),
  "WebSocket URL of the service, ws:// or wss://. Path and query may hold placeholders.",
  "wss://chat.example/ws",
  "{{env.ONRUSH_TARGET}}",
);

export const target = strict({
  url: targetUrl,
  weight: about(
    z.number().positive().max(1e6).optional(),
    "Share of the connections, relative to the other targets. Default: 1.",
    1,
  ),
  label: about(label().optional(), "Name in reports. Default: host and port.", "eu"),
});

const tls = strict({
  ca: about(file().optional(), "PEM file with the authorities to trust.", "ca.pem"),
  cert: about(file().optional(), "PEM file with the client certificate.", "cert.pem"),
  key: about(file().optional(), "PEM file with its private key.", "key.pem"),
  servername: about(text(255).optional(), "Name for SNI and verification.", "chat.example"),
  verify: about(
    z.boolean().optional(),
    "false accepts any certificate: only for tests. Default: true.",
    false,
  ),
});

const reconnect = strict({
  policy: about(
    z.enum(["none", "fixed", "exponential", "full-jitter"]),
    "How long to wait before connecting again.",
    "full-jitter",
  ),
  min: about(
    duration().optional(),
    "Shortest wait (the wait, with fixed). Default: 500ms.",
    "500ms",
  ),
  max: about(duration().optional(), "Longest wait. Default: 30s.", "30s"),
  attempts: about(
    z.int().min(1).max(1_000_000).optional(),
    "Attempts after a connection was lost or refused. Default: 10.",
    10,
  ),
});

export const connect = strict({
  headers: about(
    z.record(z.string().max(256), z.string().max(8192)).optional(),
    "Headers of the upgrade request, host too. Values may hold placeholders.",
    { authorization: "Bearer {{vars.token}}" },
    { host: "chat.example" },
  ),
  subprotocols: about(
    z.array(text(256)).max(100).optional(),
    "Subprotocols to offer, best first. May hold placeholders of the connection.",
    ["chat.v2"],
    ["chat.v2", "bearer.{{data.users.token}}"],
  ),
  timeout: about(
    duration().optional(),
    "From the start of an attempt to the end of its upgrade. Default: 10s.",
    "10s",
  ),
  tls: about(tls.optional(), "Certificates for wss:// targets.", { ca: "ca.pem" }),
  compression: about(
    z.boolean().optional(),
    "Offer permessage-deflate; selects the ws driver. Default: false.",
    true,
  ),
  driver: about(
    z.enum(["lean", "ws"]).optional(),
    "lean is fast and small; ws is the reference. Default: lean.",
    "lean",
  ),
  heartbeat: about(
    strict({
      ping: about(duration(), "Time between pings.", "25s"),
      timeout: about(duration().optional(), "How long to wait for the pong. Default: 10s.", "10s"),
    }).optional(),
    "Ping the target; a missing pong ends the connection.",
    { ping: "25s", timeout: "10s" },
  ),
  reconnect: about(
    reconnect.optional(),
    "What to do when a connection is lost or refused. Default: nothing.",
    { policy: "full-jitter", min: "500ms", max: "30s", attempts: 10 },
  ),
  localAddresses: about(
    z.union([z.literal("auto"), z.array(text(64)).min(1).max(MAX_ITEMS)]).optional(),
    "Source addresses, when one has too few ports. auto spreads over 127/8 for loopback targets, as far as this machine's ports ask for it.",
    "auto",
    ["10.0.0.5", "10.0.0.6"],
  ),
  maxMessage: about(
    size(125, 256 * 1024 ** 2).optional(),
    "Largest message accepted from the target. Default: 16mb.",
    "1mb",
  ),
});

export const vars = z
  .record(
    identifier(),
    z.union([
      z.string().max(65_536),
      z.number(),
      z.boolean(),
      strict({
        env: about(text(256), "Environment variable that holds the value.", "CHAT_TOKEN"),
        default: about(
          z.string().max(65_536).optional(),
          "Value when the environment variable is not set.",
          "ws://127.0.0.1:9001",
        ),
        secret: about(
          z.boolean().optional(),
          "true keeps the value off disk, logs and reports.",
          true,
        ),
      }),
    ]),
  )
  .refine((value) => Object.keys(value).length <= MAX_ITEMS, "more than 1000 vars");

export const data = z
  .record(
    identifier(),
    strict({
      csv: about(file(), "CSV file with a header row.", "users.csv"),
      pick: about(
        z.enum(["unique", "sequential", "random"]).optional(),
        "Row of a connection: its own (unique), in turn (sequential), or any. Default: sequential.",
        "unique",
      ),
    }),
  )
  .refine((value) => Object.keys(value).length <= 100, "more than 100 data tables");

export type ConnectInput = z.input<typeof connect>;
export type TargetInput = z.input<typeof target>;
export type DataInput = z.input<typeof data>;

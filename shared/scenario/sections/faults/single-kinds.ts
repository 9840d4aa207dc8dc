/**
 * The kinds of faults that do one thing: a new one is one file and one line here. Called by registry.ts and combination.ts. Invariant: the
 * order is the one of the reference.
 */
import { abandonedHandshake } from "./abandoned-handshake.ts";
import { badHeaders } from "./bad-headers.ts";
import { bandwidth } from "./bandwidth.ts";
import { blackhole } from "./blackhole.ts";
import { burst } from "./burst.ts";
import { cut } from "./cut.ts";
import { disconnect } from "./disconnect.ts";
import { dnsFailure } from "./dns-failure.ts";
import { duplicateLogin } from "./duplicate-login.ts";
import { endlessFragments } from "./endless-fragments.ts";
import { flood } from "./flood.ts";
import { handshakeFlood } from "./handshake-flood.ts";
import { idle } from "./idle.ts";
import { latency } from "./latency.ts";
import { oversize } from "./oversize.ts";
import { protocol } from "./protocol.ts";
import { reconnectStorm } from "./reconnect-storm.ts";
import { refusePong } from "./refuse-pong.ts";
import { reorder } from "./reorder.ts";
import { slowHandshake } from "./slow-handshake.ts";
import { slowReader } from "./slow-reader.ts";
import { slowWriter } from "./slow-writer.ts";
import { staleToken } from "./stale-token.ts";
import { stall } from "./stall.ts";
import { stopReading } from "./stop-reading.ts";
import { tlsFailure } from "./tls-failure.ts";
import { wrongAddress } from "./wrong-address.ts";

export const SINGLE_KINDS = [
  disconnect,
  reconnectStorm,
  idle,
  duplicateLogin,
  slowHandshake,
  abandonedHandshake,
  badHeaders,
  staleToken,
  handshakeFlood,
  flood,
  burst,
  oversize,
  slowWriter,
  stopReading,
  slowReader,
  refusePong,
  protocol,
  endlessFragments,
  latency,
  bandwidth,
  blackhole,
  stall,
  cut,
  reorder,
  dnsFailure,
  wrongAddress,
  tlsFailure,
] as const;

/** What they do. */
export type SingleAct = ReturnType<(typeof SINGLE_KINDS)[number]["strict"]>;

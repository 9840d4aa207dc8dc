/**
 * The detectors of causes. A new one is its file and a line here; findings/cause.ts, docs/validity.md and every report follow. Invariant:
 * their order says nothing: rank.ts sorts what they say.
 */
import { backlog } from "./chains/backlog.ts";
import { cascade } from "./chains/cascade.ts";
import { noRecovery } from "./chains/no-recovery.ts";
import { address } from "./closes/address.ts";
import { age } from "./closes/age.ts";
import { cap } from "./closes/cap.ts";
import { clock } from "./closes/clock.ts";
import { crash } from "./closes/crash.ts";
import { credentials } from "./closes/credentials.ts";
import { handshakeRate } from "./closes/handshake-rate.ts";
import { heartbeat } from "./closes/heartbeat.ts";
import { integrity } from "./closes/integrity.ts";
import { lostReplies } from "./closes/lost-replies.ts";
import { lostWorker } from "./closes/lost-worker.ts";
import { message } from "./closes/message.ts";
import { messageRate } from "./closes/message-rate.ts";
import { reason } from "./closes/reason.ts";
import { silence } from "./closes/silence.ts";
import { storm } from "./closes/storm.ts";
import { target } from "./closes/target.ts";
import type { Detector } from "./detector.ts";
import { clockSkew } from "./generator/clock-skew.ts";
import { closedLoop } from "./generator/closed-loop.ts";
import { slowWorker } from "./generator/slow-worker.ts";
import { acceptQueue } from "./latency/accept-queue.ts";
import { backend } from "./latency/backend.ts";
import { broadcast } from "./latency/broadcast.ts";
import { byteLimit } from "./latency/bytes.ts";
import { drift } from "./latency/drift.ts";
import { leak } from "./latency/leak.ts";
import { loss } from "./latency/loss.ts";
import { slowMessage } from "./latency/message.ts";
import { pauses } from "./latency/pauses.ts";
import { saturation } from "./latency/saturation.ts";
import { largeMessages } from "./latency/size-cost.ts";
import { step } from "./latency/step.ts";
import { tlsCost } from "./latency/tls-cost.ts";
import { staleAddress } from "./places/stale-address.ts";
import { uneven } from "./places/uneven.ts";
import { failingSequence } from "./sequence/failing.ts";
import { large } from "./sequence/large.ts";

export const DETECTORS: readonly Detector[] = [
  crash,
  storm,
  cascade,
  backlog,
  noRecovery,
  cap,
  handshakeRate,
  clock,
  age,
  messageRate,
  credentials,
  address,
  reason,
  silence,
  heartbeat,
  lostReplies,
  target,
  message,
  large,
  failingSequence,
  integrity,
  lostWorker,
  slowWorker,
  clockSkew,
  closedLoop,
  uneven,
  staleAddress,
  acceptQueue,
  tlsCost,
  pauses,
  broadcast,
  byteLimit,
  saturation,
  slowMessage,
  largeMessages,
  backend,
  step,
  drift,
  leak,
  loss,
];

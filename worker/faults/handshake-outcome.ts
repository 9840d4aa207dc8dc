/** What became of a handshake, as its driver tells it: the outcome that it is counted under. Called by those that watch handshakes. */
import { type Outcome, refusedWith } from "../../shared/scenario/sections/faults/outcome.ts";
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import { HANG_UP } from "../socket/failure-map.ts";
import { UpgradeFault } from "../socket/upgrade.ts";

/** @param isSpoilt its request had no sound key, so no answer to it can fit */
export function failedWith(kind: ConnectFailure, signature: string, isSpoilt: boolean): Outcome {
  if (kind === "upgrade-status") return refusedWith(Number.parseInt(signature, 10));
  if (kind === "upgrade-invalid") {
    return isSpoilt && signature === UpgradeFault.accept ? "accepted" : "invalidAnswer";
  }
  if (kind === "upgrade-reset") return signature === HANG_UP ? "handshakeEnded" : "handshakeReset";
  if (kind === "upgrade-timeout") return "unanswered";
  const isOurs = kind === "scenario-value" || kind.startsWith("generator-");
  return isOurs ? "notMade" : "notConnected";
}

/**
 * What the end of a socket means: the one cause it is counted under, and the failure it is, if it is one.
 * Called by the connection. Invariant: a close that we asked for and the target confirmed is never a failure.
 */
import {
  type CloseCause,
  DROP_CAUSES,
  type SessionFailure,
} from "../../shared/stats/failure-kind.ts";
import type { SocketEnd } from "../socket/driver.ts";

/**
 * Why we close: the plan says so, the run ends before its plan, the session goes on elsewhere, or a step of its flow says so or
 * has failed; or a fault does.
 */
export type EndCause = "plan" | "stop" | "migrated" | "flow" | "step-failed" | "injected";

/** @param asked why we had begun to close; null when we had not */
export function causeOf(end: SocketEnd, asked: EndCause | null): CloseCause {
  if (end.violation) return end.violation.limit ? "limit" : "protocol";
  if (end.initiator === "server") return "peer";
  if (asked !== null && end.clean) return asked;
  return "abnormal";
}

/** It began to close while it was open, to connect again. */
export function isEarly(cause: EndCause): boolean {
  return cause === "step-failed" || cause === "injected";
}

/**
 * Whether the end of a connection that neither the plan nor we had begun to close is a drop. A Close of ours that stays
 * unanswered is none, nor is a limit of our own.
 */
export function isDrop(cause: CloseCause): boolean {
  return DROP_CAUSES.has(cause);
}

/** The signature is raw text of the target; the failure log makes it harmless. */
export function failureOf(
  cause: CloseCause,
  end: SocketEnd,
): { readonly kind: SessionFailure; readonly signature: string } | null {
  if (end.violation) {
    const { code, what, limit = "protocol" } = end.violation;
    return { kind: limit, signature: `${code} ${what}` };
  }
  switch (cause) {
    case "peer":
      return { kind: "close-code", signature: `${end.code} ${end.reason}`.trimEnd() };
    case "abnormal":
      return { kind: "abnormal-close", signature: end.errno || "end" };
    default:
      return null;
  }
}

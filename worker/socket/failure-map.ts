/**
 * From an error of node:net, node:tls or node:http to the closed taxonomy of connect failures. Called
 * by both drivers, so that one wire event has one name whichever driver saw it.
 * Invariant: what is the generator's own shortage is never named after the target.
 */
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";

/** How far an attempt had come when it failed. */
export type ConnectStage = "tcp" | "tls" | "upgrade";

/** The fields of a system, TLS or HTTP error that matter here. */
export interface TransportError {
  readonly message: string;
  readonly code?: string;
  readonly syscall?: string;
}

/** A failure of one attempt: its kind and the raw, unescaped signature. */
export interface FailedAttempt {
  readonly kind: ConnectFailure;
  readonly signature: string;
}

/** The peer ended the connection in good order, but too early. Node reports it as a made-up ECONNRESET. */
export const HANG_UP = "hang-up";

const EARLY_CLOSE_CODE = "ECONNRESET";

/** Shortages of this host; they mean the same at every stage. */
const GENERATOR_KINDS: ReadonlyMap<string, ConnectFailure> = new Map([
  ["EADDRNOTAVAIL", "generator-ports"],
  ["EADDRINUSE", "generator-ports"],
  ["EMFILE", "generator-fds"],
  ["ENFILE", "generator-fds"],
  ["ENOBUFS", "generator-memory"],
  ["ENOMEM", "generator-memory"],
]);

/** Names Node gives to X509_V_ERR_* (OpenSSL's certificate verification), and its own host name check. */
const CERTIFICATE_CODES: ReadonlySet<string> = new Set([
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_CRL",
  "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
  "UNABLE_TO_DECRYPT_CRL_SIGNATURE",
  "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  "CERT_SIGNATURE_FAILURE",
  "CRL_SIGNATURE_FAILURE",
  "CERT_NOT_YET_VALID",
  "CERT_HAS_EXPIRED",
  "CRL_NOT_YET_VALID",
  "CRL_HAS_EXPIRED",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "ERROR_IN_CRL_LAST_UPDATE_FIELD",
  "ERROR_IN_CRL_NEXT_UPDATE_FIELD",
  "OUT_OF_MEM",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_CHAIN_TOO_LONG",
  "CERT_REVOKED",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "CERT_UNTRUSTED",
  "CERT_REJECTED",
  "HOSTNAME_MISMATCH",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_TLS_CERT_ALTNAME_FORMAT",
]);

/** The errno or library code of an error; its message when it has none. Never empty. */
export function errorSignature(error: TransportError): string {
  // A real reset carries the system call it came from; Node's stand-in for an early FIN does not.
  if (error.code === EARLY_CLOSE_CODE && error.syscall === undefined) return HANG_UP;
  return error.code ?? (error.message === "" ? "unknown" : error.message);
}

/** A shortage of this host, by its errno; null for any other trouble. */
export function generatorFailure(code: string): ConnectFailure | null {
  return GENERATOR_KINDS.get(code) ?? null;
}

/** Names the failure of an attempt that had come as far as `stage`. */
export function connectFailure(stage: ConnectStage, error: TransportError): FailedAttempt {
  return { kind: kindOf(stage, error.code ?? ""), signature: errorSignature(error) };
}

function kindOf(stage: ConnectStage, code: string): ConnectFailure {
  const generator = GENERATOR_KINDS.get(code);
  if (generator !== undefined) return generator;
  if (stage === "tcp") return tcpKind(code);
  if (CERTIFICATE_CODES.has(code)) return "tls-certificate";
  if (stage === "tls") return code === "ETIMEDOUT" ? "tls-timeout" : "tls-handshake";
  // In TLS 1.3 the server's verdict on our certificate arrives after our side of the handshake is done.
  if (code.startsWith("ERR_SSL_") || code === "EPROTO") return "tls-handshake";
  return code === "ETIMEDOUT" ? "upgrade-timeout" : "upgrade-reset";
}

function tcpKind(code: string): ConnectFailure {
  if (code === "ECONNREFUSED") return "tcp-refused";
  if (code === "ETIMEDOUT") return "tcp-timeout";
  const isCut = code === "ECONNRESET" || code === "EPIPE" || code === "ECONNABORTED";
  // The rest (EHOSTUNREACH, ENETUNREACH, a firewall's EACCES, EPERM …): no way to that address from here.
  return isCut || code === "" ? "tcp-reset" : "tcp-unreachable";
}

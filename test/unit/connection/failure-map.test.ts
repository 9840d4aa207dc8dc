/** One wire event, one name: every errno and TLS code at every stage. */
import { describe, expect, it } from "vitest";
import { CONNECT_FAILURES, failureCause } from "../../../shared/stats/failure-kind.ts";
import {
  type ConnectStage,
  connectFailure,
  errorSignature,
} from "../../../worker/socket/failure-map.ts";

const STAGES: readonly ConnectStage[] = ["tcp", "tls", "upgrade"];

function systemError(code: string) {
  return { message: `connect ${code}`, code, syscall: "connect" };
}

const kindsOf = (code: string) =>
  STAGES.map((stage) => connectFailure(stage, systemError(code)).kind);

describe("connectFailure", () => {
  it.each([
    ["ECONNREFUSED", ["tcp-refused", "tls-handshake", "upgrade-reset"]],
    ["ETIMEDOUT", ["tcp-timeout", "tls-timeout", "upgrade-timeout"]],
    ["ECONNRESET", ["tcp-reset", "tls-handshake", "upgrade-reset"]],
    ["EPIPE", ["tcp-reset", "tls-handshake", "upgrade-reset"]],
    ["EHOSTUNREACH", ["tcp-unreachable", "tls-handshake", "upgrade-reset"]],
    ["ENETUNREACH", ["tcp-unreachable", "tls-handshake", "upgrade-reset"]],
    ["EACCES", ["tcp-unreachable", "tls-handshake", "upgrade-reset"]],
    ["ERR_SSL_WRONG_VERSION_NUMBER", ["tcp-unreachable", "tls-handshake", "tls-handshake"]],
    ["EPROTO", ["tcp-unreachable", "tls-handshake", "tls-handshake"]],
  ])("names %s by its stage", (code, kinds) => {
    expect(kindsOf(code)).toEqual(kinds);
  });

  it.each([
    ["EADDRNOTAVAIL", "generator-ports"],
    ["EADDRINUSE", "generator-ports"],
    ["EMFILE", "generator-fds"],
    ["ENFILE", "generator-fds"],
    ["ENOBUFS", "generator-memory"],
    ["ENOMEM", "generator-memory"],
  ] as const)("calls %s the generator's own at every stage", (code, kind) => {
    expect(kindsOf(code)).toEqual([kind, kind, kind]);
    expect(failureCause(kind)).toBe("generator");
  });

  it.each([
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "ERR_TLS_CERT_ALTNAME_INVALID",
  ])("knows %s as a certificate fault", (code) => {
    const failed = connectFailure("tls", { message: "certificate", code });
    expect(failed).toEqual({ kind: "tls-certificate", signature: code });
  });

  it("only ever gives kinds of the taxonomy", () => {
    for (const stage of STAGES) {
      for (const code of ["", "ESOMETHINGNEW", "ECONNABORTED"]) {
        expect(CONNECT_FAILURES).toContain(connectFailure(stage, systemError(code)).kind);
      }
      expect(CONNECT_FAILURES).toContain(connectFailure(stage, { message: "no code" }).kind);
    }
  });
});

describe("errorSignature", () => {
  it("tells an early end from a reset", () => {
    expect(errorSignature(systemError("ECONNRESET"))).toBe("ECONNRESET");
    expect(errorSignature({ message: "socket hang up", code: "ECONNRESET" })).toBe("hang-up");
  });

  it("falls back to the message and is never empty", () => {
    expect(errorSignature({ message: "odd" })).toBe("odd");
    expect(errorSignature({ message: "" })).toBe("unknown");
  });
});

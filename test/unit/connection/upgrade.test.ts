/** Host header, request checks, signatures, and the accept proof of RFC 6455. */
import { describe, expect, it } from "vitest";
import { isValidCloseCode } from "../../../worker/socket/close-code.ts";
import { nextKey } from "../../../worker/socket/lean/handshake.ts";
import {
  endpointFault,
  hasUpgradeToken,
  hostHeader,
  isScenarioHeader,
  requestFault,
  statusSignature,
} from "../../../worker/socket/upgrade.ts";
import { acceptOf } from "../../../worker/socket/upgrade-answer.ts";
import { endpointAt } from "../../conformance/driver-trace.ts";

describe("hostHeader", () => {
  it.each([
    ["chat.example", 80, false, "chat.example"],
    ["chat.example", 443, true, "chat.example"],
    ["chat.example", 443, false, "chat.example:443"],
    ["chat.example", 80, true, "chat.example:80"],
    ["127.0.0.1", 7700, false, "127.0.0.1:7700"],
    ["::1", 80, false, "[::1]"],
    ["2001:db8::1", 8443, true, "[2001:db8::1]:8443"],
  ])("%s port %d secure %s is %s", (host, port, secure, expected) => {
    expect(hostHeader(endpointAt(port, { host, secure }))).toBe(expected);
  });
});

describe("request checks", () => {
  const request = { endpoint: endpointAt(80), path: "/", address: "127.0.0.1", localAddress: null };

  it("pass what HTTP allows", () => {
    const headers = [["X-Any!#$%&'*+-.^_`|~", 'tab\there, obs-text \u00e9, {"json": 1}']] as const;
    expect(requestFault({ ...request, path: "/a%20b?q={x}&y=[1]", headers })).toBe("");
    expect(endpointFault(endpointAt(80, { subprotocols: ["a", "b.c"], headers }))).toBe("");
  });

  it("do not repeat a value, which may be a secret", () => {
    const headers = [["Authorization", "Bearer s3cret\n"]] as const;
    const fault = requestFault({ ...request, headers });
    expect(fault).toContain("Authorization");
    expect(fault).not.toContain("s3cret");
  });

  it("know the driver's own headers in any letter case", () => {
    expect(isScenarioHeader("SEC-WebSocket-Key")).toBe(false);
    expect(isScenarioHeader("upgrade")).toBe(false);
    expect(isScenarioHeader("Cookie")).toBe(true);
  });
});

describe("hasUpgradeToken", () => {
  it.each([
    ["Upgrade", true],
    ["keep-alive, UPGRADE", true],
    ["keep-alive,upgrade,x", true],
    ["upgraded", false],
    ["", false],
    [null, false],
    [undefined, false],
  ])("%j is %s", (value, expected) => {
    expect(hasUpgradeToken(value)).toBe(expected);
  });
});

describe("statusSignature", () => {
  it("is short and trimmed", () => {
    expect(statusSignature(503, "Service Unavailable ")).toBe("503 Service Unavailable");
    expect(statusSignature(503, "")).toBe("503");
    expect(statusSignature(503, "x".repeat(1000))).toHaveLength(4 + 64);
  });
});

describe("keys", () => {
  it("are 16 fresh bytes, and proved as in RFC 6455 §1.3", () => {
    const keys = Array.from({ length: 1000 }, nextKey);
    expect(new Set(keys).size).toBe(1000);
    for (const key of keys) expect(Buffer.from(key, "base64")).toHaveLength(16);
    expect(acceptOf("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  });
});

describe("isValidCloseCode", () => {
  it("allows exactly what the registry does", () => {
    const allowed = Array.from({ length: 65536 }, (_, code) => code).filter(isValidCloseCode);
    const expected = [
      ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014],
      ...Array.from({ length: 2000 }, (_, at) => 3000 + at),
    ];
    expect(allowed).toEqual(expected);
  });
});

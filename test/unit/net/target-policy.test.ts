/** Goal: nobody loads a host that nobody named. Method: a table of targets and permissions. */
import { describe, expect, it } from "vitest";
import { OnrushError } from "../../../shared/errors.ts";
import { checkTargets } from "../../../shared/net/target-policy.ts";

const check = (url: string, allowed: readonly string[] = []) => checkTargets([{ url }], allowed);

describe("checkTargets", () => {
  it.each([
    "ws://localhost:9001/ws",
    "ws://LOCALHOST",
    "ws://a.localhost/",
    "ws://127.0.0.1:9001/{{conn.index}}?q={{uuid}}",
    "wss://127.3.2.1/",
    "ws://[::1]:80/",
    "ws://[::ffff:127.0.0.1]/",
  ])("allows %s", (url) => {
    expect(() => check(url)).not.toThrow();
  });

  it.each([
    "ws://example.com/",
    "ws://10.0.0.1/",
    "ws://0.0.0.0/",
    "ws://169.254.169.254/",
    "ws://[fe80::1]/",
    "ws://[::ffff:10.0.0.1]/",
    "ws://127.0.0.1.example.com/",
    "ws://localhost.example.com/",
    "ws://127.0.0.1@example.com/",
  ])("refuses %s", (url) => {
    expect(() => check(url)).toThrow(OnrushError);
  });

  it("takes a host, or a host and its port, as permission", () => {
    expect(() => check("wss://chat.example/", ["chat.example"])).not.toThrow();
    expect(() => check("wss://chat.example/", ["CHAT.example:443"])).not.toThrow();
    expect(() => check("ws://chat.example:8080/", ["chat.example:8080"])).not.toThrow();
    expect(() => check("ws://chat.example:8081/", ["chat.example:8080"])).toThrow(OnrushError);
    expect(() => check("ws://evil.chat.example/", ["chat.example"])).toThrow(OnrushError);
  });

  it("names the option that would allow it", () => {
    const error = (() => {
      try {
        check("ws://chat.example/");
      } catch (thrown) {
        return thrown as OnrushError;
      }
      return null;
    })();
    expect(error?.code).toBe("ONRUSH_TARGET_FORBIDDEN");
    expect(error?.exitCode).toBe(98);
    expect(error?.remedy).toContain("--allow-target chat.example");
  });
});

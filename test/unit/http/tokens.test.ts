/**
 * Goal: a tokens file lets in whom it names, for as long as it says, and is refused as a whole when anything in it is
 * wrong. Method: files as people write them, and a clock that is set.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Tokens } from "../../../coordinator/http/access/tokens.ts";
import { watchTokens } from "../../../coordinator/http/access/tokens-watch.ts";
import { createLog } from "../../../shared/log.ts";
import { systemTimers } from "../../../shared/time/timer.ts";

const folder = mkdtempSync(join(tmpdir(), "onrush-tokens-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function fileOf(content: unknown, mode = 0o600): string {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  chmodSync(path, mode);
  return path;
}

const CI = { name: "ci", role: "operator", token: "operator-token-0123456789" };
const bearer = (token: string) => `Bearer ${token}`;
const NOON = Date.UTC(2027, 0, 1, 12);
const clockAt = (wallMs: number) => ({ monotonicUs: () => 0, wallMs: () => wallMs });

describe("a token that expires", () => {
  test.each([
    ["2027-01-01T12:00:01Z", true],
    ["2027-01-01T12:00:00Z", false],
    ["2027-01-01T13:30:00+02:00", false],
    ["2027-01-02", true],
    ["2027-01-01", false],
  ])("at %s lets somebody in at noon: %s", (expires, lets) => {
    const tokens = Tokens.read(fileOf({ tokens: [{ ...CI, expires }] }), clockAt(NOON));
    expect(tokens.caller(bearer(CI.token)) !== null).toBe(lets);
    expect(tokens.doubts).toEqual(lets ? [] : ["the token of ci has expired: it lets nobody in"]);
  });

  test("ends while the coordinator runs", () => {
    let nowMs = NOON;
    const clock = { monotonicUs: () => 0, wallMs: () => nowMs };
    const file = fileOf({ tokens: [{ ...CI, expires: "2027-01-01T12:00:01Z" }] });
    const tokens = Tokens.read(file, clock);
    expect(tokens.caller(bearer(CI.token))).toMatchObject({ name: "ci" });
    nowMs += 1000;
    expect(tokens.caller(bearer(CI.token))).toBeNull();
  });
});

describe("a tokens file", () => {
  test.each<[string, unknown, RegExp]>([
    [
      "with a mistyped key",
      { tokens: [{ ...CI, expire: "x" }] },
      /token 1 has an unknown key "expire" \(did you mean expires\?\)/,
    ],
    ["with another unknown key", { tokens: [CI], exp: 1 }, /the file has an unknown key "exp"/],
    ["with no time", { tokens: [{ ...CI, expires: "tomorrow" }] }, /"expires" of ci is no time/],
    ["with a time of no zone", { tokens: [{ ...CI, expires: "2027-01-01T10:00" }] }, /is no time/],
    ["with a number for a time", { tokens: [{ ...CI, expires: 1 }] }, /is no time/],
    [
      "with one token twice",
      { tokens: [CI, { ...CI, name: "b", role: "admin" }] },
      /ci and b have the same token/,
    ],
    [
      "with one token twice, once as its digest",
      {
        tokens: [
          { ...CI, token: "0123456789abcdef" },
          {
            name: "b",
            role: "admin",
            sha256: "9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f",
          },
        ],
      },
      /ci and b have the same token/,
    ],
    [
      "with both forms",
      { tokens: [{ ...CI, sha256: "0".repeat(64) }] },
      /both a token and a sha256/,
    ],
    [
      "with half a digest",
      { tokens: [{ name: "b", role: "admin", sha256: "ab" }] },
      /not 64 hexadecimal/,
    ],
    [
      "with a token no header can carry",
      { tokens: [{ ...CI, token: "with space 0123456789" }] },
      /visible ASCII/,
    ],
    ["that is a list", [CI], /the file is no JSON object/],
    ["with text for a token", { tokens: ["x"] }, /token 1 is no JSON object/],
    ["without tokens", { tokens: [] }, /lists no tokens/],
    ["that is no JSON", "{ tokens: secret-0123456789", /it is no JSON/],
  ])("%s is refused, and shows no token", (_, content, why) => {
    const read = () => Tokens.read(fileOf(content));
    expect(read).toThrow(why);
    expect(read).not.toThrow(/0123456789/);
  });

  test("that everybody may write is refused; one that others may read is told of", () => {
    expect(() => Tokens.read(fileOf({ tokens: [CI] }, 0o602))).toThrow(/everybody .* may write it/);
    expect(Tokens.read(fileOf({ tokens: [CI] }, 0o644)).doubts.join()).toMatch(/others may read/);
    expect(Tokens.read(fileOf({ tokens: [CI] }, 0o620)).doubts.join()).toMatch(/group may write/);
    const hidden = { name: "b", role: "admin", sha256: "ab".repeat(32) };
    expect(Tokens.read(fileOf({ tokens: [hidden] }, 0o644)).doubts).toEqual([]);
  });
});

test("a file that changes is read again; a wrong one changes nothing, and is said", async () => {
  const path = fileOf({ tokens: [CI] });
  const tokens = Tokens.read(path);
  const lines: string[] = [];
  const log = createLog("c", "info", (line) => lines.push(line));
  const end = watchTokens(tokens, path, { timers: systemTimers, log });
  const said = (text: string) =>
    expect.poll(() => lines.join(""), { timeout: 20_000 }).toContain(text);
  try {
    const next = { ...CI, name: "next", token: "another-token-0123456789" };
    writeFileSync(path, JSON.stringify({ tokens: [next] }));
    await said("was read again");
    expect(tokens.caller(bearer(CI.token))).toBeNull();
    expect(tokens.caller(bearer(next.token))).toMatchObject({ name: "next" });
    writeFileSync(path, "{");
    await said("it is no JSON. The tokens stay as they were.");
    expect(tokens.caller(bearer(next.token))).toMatchObject({ name: "next" });
    writeFileSync(path, JSON.stringify({ tokens: [CI] }));
    process.emit("SIGHUP");
    expect(tokens.caller(bearer(CI.token))).toMatchObject({ name: "ci" });
  } finally {
    end();
  }
  expect(process.listenerCount("SIGHUP")).toBe(0);
});

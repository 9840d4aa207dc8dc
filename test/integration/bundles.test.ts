/**
 * Goal: each program of a build is loaded with the code that V8 made of it, and as any other module where that code is missing
 * or of other flags.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "../house/repository.ts";

const BUNDLE = join(ROOT, "dist/bundle");
const programs = readdirSync(BUNDLE).filter((name) => name !== "load.cjs" && /\.cjs$/.test(name));

function run(script: string, ...flags: string[]): unknown {
  const output = execFileSync(process.execPath, [...flags, "-e", script], { encoding: "utf8" });
  return JSON.parse(output);
}

/** Files of the bundle whose code V8 refuses. */
function refused(...flags: string[]): unknown {
  return run(
    `const { codeOf, scriptOf } = require(${JSON.stringify(join(BUNDLE, "load.cjs"))});
     const { readFileSync } = require("node:fs");
     const isRefused = (file) => scriptOf(file, { cachedData: readFileSync(codeOf(file)) }).cachedDataRejected;
     const files = ${JSON.stringify(programs)}.filter((name) => isRefused(${JSON.stringify(BUNDLE)} + "/" + name));
     console.log(JSON.stringify(files));`,
    ...flags,
  );
}

describe("the code of the bundles", () => {
  const folder = mkdtempSync(join(tmpdir(), "onrush-bundles-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is there for each of them, and V8 takes it", () => {
    expect(programs).toContain("coordinator-cli-main.cjs");
    expect(refused()).toEqual([]);
  });

  it("is refused by a process with other flags, so that no other code is ever run", () => {
    expect(refused("--max-old-space-size=512")).toEqual(programs);
  });

  it.each([
    ["with it", true],
    ["without it", false],
  ])("gives the same program: %s", (_, isKept) => {
    const copy = join(folder, String(isKept));
    cpSync(BUNDLE, copy, {
      recursive: true,
      filter: (path) => isKept || !path.endsWith(".code"),
    });
    const file = join(copy, "coordinator-cli-main.cjs");
    expect(readFileSync(file, "utf8")).toMatch(/^"use strict";/);
    const start = `require(${JSON.stringify(join(copy, "load.cjs"))}).load("coordinator-cli-main.cjs")`;
    const args = ["-e", start, "--", "onrush", "schema", "summary"];
    const output = execFileSync(process.execPath, args, { encoding: "utf8" });
    expect(Object.keys(JSON.parse(output))).toContain("properties");
  });
});

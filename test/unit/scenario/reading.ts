/** Reads fixture scenarios for the tests of this folder. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Issue } from "../../../shared/scenario/issue.ts";
import {
  type ParseContext,
  type ParseResult,
  parseScenario,
} from "../../../shared/scenario/parse.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";

const root = join(import.meta.dirname, "../../fixtures/scenarios");

export function fixtureFolder(folder: "valid" | "malformed"): string {
  return join(root, folder);
}

export function scenariosIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.(yaml|json)$/.test(name) && name !== "expected.json")
    .sort();
}

export function readFrom(folder: string): (path: string) => Buffer {
  return (path) => readFileSync(join(folder, path));
}

export function parseFile(
  folder: string,
  name: string,
  context: Partial<ParseContext> = {},
): ParseResult {
  return parseScenario(readFileSync(join(folder, name)), {
    fileName: name,
    env: {},
    readFile: readFrom(folder),
    ...context,
  });
}

export function parseText(
  text: string | Uint8Array,
  context: Partial<ParseContext> = {},
): ParseResult {
  return parseScenario(text, {
    fileName: "scenario.yaml",
    env: {},
    readFile: readFrom(fixtureFolder("valid")),
    ...context,
  });
}

/** The scenario, or an error that lists the issues. */
export function scenarioOf(result: ParseResult): StrictScenario {
  if (result.ok) return result.scenario;
  throw new Error(`not a valid scenario:\n${linesOf(result).join("\n")}`);
}

export function issuesOf(result: ParseResult): readonly Issue[] {
  return result.ok ? [] : result.issues;
}

/** `line:column what (hint)` per issue. */
export function linesOf(result: ParseResult): string[] {
  return issuesOf(result).map(
    ({ line, column, what, hint }) => `${line}:${column} ${what}${hint === "" ? "" : ` (${hint})`}`,
  );
}

/** A minimal valid scenario with more lines after it (from line 4 on). */
export function minimal(more = ""): string {
  return `version: 1\ntarget: ws://localhost:1\nload: [{ phase: a, ramp: linear, to: 10, over: 1s }]\n${more}`;
}

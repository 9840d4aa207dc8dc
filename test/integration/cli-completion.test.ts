/**
 * Goal: the completion scripts complete commands, options and their values. Method: the shells themselves, asked what
 * they would offer; a shell that is not on this machine is skipped.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { onrush, scratch } from "../support/programs.ts";

const has = (shell: string) => spawnSync(shell, ["-c", "exit 0"]).status === 0;

const folder = scratch();
afterAll(() => folder[Symbol.dispose]());
const scripts = new Map<string, string>();

/** Made once for each shell. */
async function script(shell: string): Promise<string> {
  const known = scripts.get(shell);
  if (known !== undefined) return known;
  const { stdout, exitCode } = await onrush(["completion", shell]);
  expect(exitCode).toBe(0);
  const file = join(folder.path, `onrush.${shell}`);
  writeFileSync(file, stdout);
  scripts.set(shell, file);
  return file;
}

/** What the shell offers after this line. */
type Offers = (line: string, file: string) => string[];

const bash: Offers = (line, file) => {
  const words = line.split(" ");
  const program = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _onrush; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ["--norc", "-c", program, "bash", file, ...words];
  return output("bash", args);
};

/** In a terminal of its own, as completion is part of the line editor: two tabs list what there is. */
const zsh: Offers = (line, file) => {
  const program = `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PROMPT='>'; autoload -Uz compinit; compinit -u -D; source $1; LISTMAX=0; echo re''ady"
    zpty -m -r shell seen '*ready*' 
    zpty -n -w shell "$2"$'\\t\\t'
    sleep 1.5
    zpty -r -t shell part && print -r -- "$part"
    while zpty -r -t shell part; do print -r -- "$part"; done
    zpty -d shell`;
  const plain = (text: string) => stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, " ");
  return output("zsh", ["-f", "-c", program, "zsh", file, line]).flatMap((text) =>
    plain(text).split(/\s+/),
  );
};

const fish: Offers = (line, file) =>
  output("fish", ["--no-config", "-c", `source ${file}; complete -C '${line}'`]).map(
    (text) => text.split("\t")[0] ?? "",
  );

function output(shell: string, args: readonly string[]): string[] {
  const { stdout, stderr, status } = spawnSync(shell, args, { encoding: "utf8", timeout: 20_000 });
  expect(stderr, shell).toBe("");
  expect(status, shell).toBeLessThanOrEqual(1);
  return stdout.split("\n").filter((text) => text !== "");
}

describe.each([
  ["bash", bash],
  ["zsh", zsh],
  ["fish", fish],
] as const)("%s", (shell, offers) => {
  it.skipIf(!has(shell)).each([
    ["onrush com", ["completion"]],
    ["onrush run --dri", ["--driver"]],
    ["onrush run --on-worker-loss ", ["recover", "shrink", "fail"]],
    ["onrush init --template f", ["fanout"]],
    ["onrush schema ", ["scenario", "summary", "api"]],
    ["onrush doctor --conn", ["--connections"]],
  ])("after %j", async (line, expected) => {
    const offered = offers(line, await script(shell));
    // One single candidate is put into the line itself.
    const missing = expected.filter(
      (word) => !offered.some((offer) => offer === word || offer.endsWith(word)),
    );
    expect(missing, offered.join(" ")).toEqual([]);
    expect(offered.join(" ")).not.toContain("validate ");
  });
});

it("a shell nobody knows is wrong usage", async () => {
  const { exitCode, stderr } = await onrush(["completion", "tcsh"]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("bash, zsh, fish");
});

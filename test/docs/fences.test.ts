/** Command lines are found in every form the documents use, and what they show is compared as it should be. */
import { describe, expect, it } from "vitest";
import { commandLinesOf, expectedExitCode, fencesOf, userDocuments } from "./fences.ts";
import { missingLines, normalised, runsIn } from "./shown.ts";

const BLOCK = [
  "words",
  "```",
  "onrush validate a.yaml      # every mistake, exit code 104",
  "npm run build",
  "API_KEY=abc onrush run a.yaml",
  "for i in 1 2; do onrush run a.yaml --run-dir b/$i; \\",
  "  onrush run c.yaml; done",
  "source <(onrush completion bash)",
  "```",
  "```sh",
  "$ onrush runs",
  "run   state",
  "$ onrush stop X; onrush watch X; echo exit $?",
  "exit 103",
  "```",
  "```yaml",
  "onrush run is: not a command",
  "```",
].join("\n");

describe("command lines", () => {
  const lines = fencesOf("docs/x.md", BLOCK).flatMap((fence) => commandLinesOf(fence));

  it("are found with their lines, comments and what they show", () => {
    expect(lines.map(({ line, command }) => [line, command])).toEqual([
      [3, "onrush validate a.yaml"],
      [5, "API_KEY=abc onrush run a.yaml"],
      [6, "for i in 1 2; do onrush run a.yaml --run-dir b/$i; onrush run c.yaml; done"],
      [8, "source <(onrush completion bash)"],
      [11, "onrush runs"],
      [13, "onrush stop X; onrush watch X; echo exit $?"],
    ]);
    expect(lines.map(({ shown }) => shown)).toEqual([
      [],
      [],
      [],
      [],
      ["run   state"],
      ["exit 103"],
    ]);
    expect(lines.map(expectedExitCode)).toEqual([104, 0, 0, 0, 0, 0]);
  });

  it.each(userDocuments())("of %s are all found", (document) => {
    const blocks = fencesOf(document).filter(({ info }) => info === "" || info === "sh");
    const found = blocks
      .flatMap((block) => commandLinesOf(block))
      .map(({ command }) => command)
      .join("\n");
    const lost = blocks
      .flatMap(({ lines: all }) => all)
      .filter((line) => /\bonrush [a-z]/.test(line.replace(/\s#.*$/, "")))
      // The last line of a summary says what could be done next.
      .filter((line) => !/^ +next /.test(line))
      .map((line) =>
        line
          .replace(/^\$ /, "")
          .replace(/(\s+#.*|\s*\\)$/, "")
          .trim(),
      )
      .filter((command) => !found.includes(command));
    expect(lost).toEqual([]);
  });

  it("of a block without an end are an error", () => {
    expect(() => fencesOf("docs/x.md", "```\nonrush run")).toThrow("without an end");
  });
});

describe("what is shown", () => {
  const run = "20261121-084235-echo-2763f4";
  const other = "20261122-101010-echo-aaaaaa";

  it("may differ in numbers, times and names of runs, not in words or exit codes", () => {
    expect(normalised("p99 1.03 ms   10,000 open")).toBe(normalised("p99 984 µs 7 open"));
    expect(missingLines([`run ${run}, 12.5 s`, "", "…"], `x\nrun ${other}, 3 s\n`)).toEqual([]);
    expect(missingLines(["0 failed"], "0 lost")).toEqual(["0 failed"]);
    expect(missingLines(["exit 103"], "exit 99")).toEqual(["exit 103"]);
    expect(missingLines(["(exit code 0)"], "(exit code 97)")).toEqual(["(exit code 0)"]);
  });

  it("names runs that have other names here", () => {
    expect(runsIn([`${run}  running`], `${other}  running\n`)).toEqual(new Map([[run, other]]));
  });
});

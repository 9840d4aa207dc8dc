/**
 * Goal: the page for those whose run went wrong knows the gates as they are. Method: the page
 * beside the lists and limits in the programs.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { GATES } from "../../coordinator/analysis/gates.ts";
import { formatCount } from "../../coordinator/report/text/format.ts";
import { ROOT } from "../house/repository.ts";

const page = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8");
const rows = page.split("\n").filter((line) => line.startsWith("| "));

describe("docs/troubleshooting.md", () => {
  const ms = (us: number) => `${us / 1000} ms`;
  it.each([
    [
      "a second is masked by send lag",
      [ms(GATES.secondSendLagP99Us), `from ${GATES.secondSendLagMinCount} messages`],
    ],
    ["a second is masked by loop lag", [ms(GATES.loopLagMaxUs)]],
    ["a second is masked by utilisation", [`${GATES.utilisation * 100} %`]],
    [
      "masked seconds of a run",
      [`more than ${GATES.maskedSeconds},`, `${GATES.maskedShare * 100} %`],
    ],
    [
      "send lag of a run",
      [
        ms(GATES.runSendLagP99Us),
        `${GATES.runSendLagShare * 100} %`,
        `from ${formatCount(GATES.runSendLagMinCount)} messages`,
      ],
    ],
    [
      "open lag of a run",
      [
        ms(GATES.runOpenLagP99Us),
        `${GATES.runOpenLagShare * 100} %`,
        `from ${formatCount(GATES.runOpenLagMinCount)} attempts`,
      ],
    ],
    ["skipped messages, and opens", [`${GATES.skippedShare * 100} %`]],
  ])("tells the limit of: %s", (gate, limits) => {
    const row = rows.find((line) => line.startsWith(`| ${gate} `));
    for (const limit of limits) expect(row, limit).toContain(limit);
  });
});

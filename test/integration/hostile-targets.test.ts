/**
 * Goal: whatever a target does, the run beside it goes on, ends by itself, accounts for every connection, shows what came as
 * text only, and keeps within its memory. Method: hostile servers and the bundled target in one run, with both drivers: all that
 * do not flood, all that do (npm run attack: each by itself, twenty connections of it). A flood may be the generator's limit:
 * then the run says so.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  HOSTILE_TARGETS,
  type HostileTarget,
  type Listening,
  listen,
} from "../support/hostile-targets.ts";
import { marked, markOf } from "../support/process-tree.ts";
import { runScenario, scratch, startTarget } from "../support/programs.ts";

const FULL = process.env["ONRUSH_TEST_ALL"] === "1";
/** Partial messages share 256 MiB; the rest is the program's own. */
const MOST_RSS_MB = 900;
const GOOD = 10;
const calm = HOSTILE_TARGETS.filter(({ isFlood }) => !isFlood);
const floods = HOSTILE_TARGETS.filter(({ isFlood }) => isFlood);

interface Group {
  readonly name: string;
  readonly members: readonly HostileTarget[];
  readonly each: number;
}
const GROUPS: readonly Group[] = FULL
  ? HOSTILE_TARGETS.map((target) => ({ name: target.name, members: [target], each: 20 }))
  : [
      { name: "all that do not flood", members: calm, each: 1 },
      { name: "all that flood", members: floods, each: 1 },
    ];
const CASES = GROUPS.flatMap((group, at) =>
  (["lean", "ws"] as const).map((driver) => ({ group, driver, at })),
);

/** Of the largest process of the run, while it goes on. */
function watchMemory(mark: string): { stop(): number } {
  let most = 0;
  const timer = setInterval(() => {
    for (const { pid } of marked(mark)) {
      try {
        const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
        most = Math.max(most, Number(rss ?? 0) / 1024);
      } catch {
        // It ended while it was looked at.
      }
    }
  }, 200);
  return {
    stop: () => {
      clearInterval(timer);
      expect(most).toBeGreaterThan(0);
      return Math.round(most);
    },
  };
}

describe.skipIf(process.platform !== "linux")("beside targets that are hostile", () => {
  it.each(CASES)("$group.name ($driver)", async ({ group, driver, at }) => {
    using folder = scratch();
    await using good = await startTarget();
    const hostile: Listening[] = [];
    try {
      for (const member of group.members) hostile.push(await listen(member));
      const mark = `hostile-${process.pid}-${at}`;
      const memory = watchMemory(mark);
      const result = await runScenario(
        {
          targets: [
            { url: good.url, label: "good", weight: GOOD },
            ...hostile.map(({ url }, nth) => ({ url, label: `bad-${nth}`, weight: group.each })),
          ],
          connect: {
            ...{ driver, timeout: "2s" },
            ...(driver === "ws" ? { compression: true } : {}),
          },
          load: [
            {
              phase: "open",
              ramp: "burst",
              to: GOOD + group.members.length * group.each,
              hold: FULL ? "4s" : "3s",
            },
          ],
          messages: {
            rate: "4/s",
            mix: [
              {
                ...{ name: "ask", send: { json: { id: "{{uuid}}" } } },
                reply: { where: "m.id == sent.id", within: "2s" },
              },
            ],
          },
        },
        folder.path,
        { args: ["--workers", "1", "--out", "html,md,csv"], env: markOf(mark) },
      );
      const most = memory.stop();
      const { summary, stderr } = result;
      console.log(
        `${group.name} (${driver}): exit ${result.exitCode}, ${most} MB, matched ${summary?.messages.matched}`,
      );
      if (summary === null) throw new Error(`no summary: ${stderr}`);
      // It may have been the generator's limit, and the hostile ones may have failed it; nothing else.
      expect([0, 97, 99], stderr).toContain(result.exitCode);
      expect(summary.validity.ledger.balanced).toBe(true);
      expect(summary.validity.framesMissing).toBe(0);
      expect(summary.connections.attempted).toBe(GOOD + group.members.length * group.each);
      expect(summary.messages.matched).toBeGreaterThan(0);
      expect((await good.stats()).accepted).toBeGreaterThan(0);
      expect(most).toBeLessThan(MOST_RSS_MB);
      expect(hiddenIn(`${result.stdout}${stderr}`)).toEqual([]);
      for (const name of ["report.html", "report.md", "results.csv", "summary.json"]) {
        const text = readFileSync(join(result.runDirectory, name), "utf8");
        // In Markdown, what stands between backticks is shown as it is.
        const acting = name === "report.md" ? text.replaceAll(/(`+)[^`\n]+?\1/g, "") : text;
        // Where it is read as markup.
        if (/\.(html|md)$/.test(name)) expect(acting, name).not.toContain("<img src=x");
        expect(text, name).not.toContain("\u001b");
      }
    } finally {
      for (const one of hostile) await one[Symbol.asyncDispose]();
    }
  });
});

/** Escapes of a terminal. */
function hiddenIn(text: string): string[] {
  const hidden = ["\u001b", "\u0007", "\u009b"];
  return hidden.filter((one) => text.includes(one)).map((one) => JSON.stringify(one));
}

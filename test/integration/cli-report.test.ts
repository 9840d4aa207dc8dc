/**
 * Goal: any report of any run, from the command line: at the end of a run, later, to a file, to a pipe, and of a run whose
 * process was killed. Method: the built command against the built target.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { onrush, runScenario, scratch, startTarget } from "../support/programs.ts";

const small = (target: string, hold = "1s") => ({
  target,
  vars: { room: "lobby", token: "t" },
  load: [
    { phase: "ramp", ramp: "linear", to: 10, over: "500ms" },
    { phase: "steady", hold },
  ],
  messages: {
    rate: "4/s",
    mix: [{ name: "a", send: { binary: { size: 64 } }, reply: { match: "echo", within: "2s" } }],
  },
  thresholds: { connect: ["failed == 0"] },
});

describe("--out and --format", () => {
  it("writes what is asked for, where it is asked for, and `report` gives the same again", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const junit = join(folder.path, "reports", "junit.xml");
    const scenario = { ...small(target.url), outputs: ["md"] };
    const args = ["--out", `csv,junit=${junit}`, "--out", "csv", "-e", "token=secret-room"];
    const run = await runScenario(scenario, folder.path, { args });
    expect(run.exitCode, run.stderr).toBe(0);
    const at = (file: string) => readFileSync(join(run.runDirectory, file), "utf8");
    const files: readonly (readonly [format: string, content: string])[] = [
      ["html", at("report.html")],
      ["json", at("summary.json")],
      ["md", at("report.md")],
      ["csv", at("results.csv")],
      ["junit", readFileSync(junit, "utf8")],
    ];
    for (const [format, content] of files) {
      const again = await onrush(["report", run.runDirectory, "--format", format]);
      expect(again.stdout === content, format).toBe(true);
      expect(again.exitCode).toBe(0);
    }
    expect(existsSync(join(run.runDirectory, "junit.xml"))).toBe(false);
    const pictures = join(folder.path, "pictures");
    const drawn = await onrush(["report", run.runDirectory, "--out", `png=${pictures}`]);
    expect(drawn.exitCode, drawn.stderr).toBe(0);
    expect(drawn.stdout).toContain(pictures);
    expect(readdirSync(pictures)).toContain("latency-over-time.png");
    // The report says how to run it again, without the values of secrets.
    expect(at("report.md")).toContain("-e 'token=***'");
    expect(files.map(([, content]) => content).join()).not.toContain("secret-room");
  });

  it("a format nobody knows, or no file after =, is wrong usage: nothing starts", async () => {
    using folder = scratch();
    for (const out of ["docx", "html,", "md="]) {
      const run = await runScenario(small("ws://127.0.0.1:9"), folder.path, {
        args: ["--out", out],
      });
      expect(run.exitCode).toBe(2);
      expect(run.stderr).toContain(
        out === "md=" ? "names no file" : "is not one of html, json, md",
      );
      expect(existsSync(run.runDirectory)).toBe(false);
    }
  });

  it("of a run whose process was killed: every format, and each says so", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const run = await runScenario(small(target.url, "60s"), folder.path, {
      onStart: (child) => {
        child.stderr?.on("data", (chunk: Buffer) => {
          if (chunk.toString().includes("phase steady")) child.kill("SIGKILL");
        });
      },
    });
    expect(run.exitCode).toBe(null);
    expect(readdirSync(run.runDirectory)).not.toContain("summary.json");
    for (const format of ["html", "md", "csv", "junit"]) {
      const { stdout, stderr, exitCode } = await onrush([
        "report",
        run.runDirectory,
        "--format",
        format,
      ]);
      expect(exitCode).toBe(130);
      expect(stderr).toContain("The run is incomplete: its process was killed");
      if (format === "csv") expect(stdout).toContain("run,,,exit_code,value,,130");
      else expect(stdout).toContain("The run is incomplete");
    }
    expect(readdirSync(run.runDirectory)).toContain("report.html");
  });
});

describe("report, on a disk that refuses", () => {
  it("prints what is asked for all the same, and then says so", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const run = await runScenario(small(target.url), folder.path);
    const summary = readFileSync(join(run.runDirectory, "summary.json"), "utf8");
    // A folder where the file has to go, so that it is refused to everybody.
    rmSync(join(run.runDirectory, "timeline.csv"));
    mkdirSync(join(run.runDirectory, "timeline.csv", "full"), { recursive: true });
    const again = await onrush(["report", run.runDirectory, "--json"]);
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(summary));
    expect(again.stderr).toContain("cannot write");
    expect(again.exitCode).toBe(98);
    rmSync(join(run.runDirectory, "timeline.csv"), { recursive: true });
    writeFileSync(join(run.runDirectory, "report.md.tmp-4711"), "left behind");
    writeFileSync(join(run.runDirectory, "histograms", "x.hlog.tmp-4711"), "left behind");
    expect((await onrush(["report", run.runDirectory, "--json"])).exitCode).toBe(run.exitCode);
    const names = [run.runDirectory, join(run.runDirectory, "histograms")].flatMap((path) =>
      readdirSync(path),
    );
    expect(names.join()).not.toContain(".tmp-");
    expect(names).toContain("timeline.csv");
  });
});

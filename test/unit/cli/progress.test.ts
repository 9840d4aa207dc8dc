/** Goal: a pipe gets one plain line every 5 s, a terminal is redrawn at most 4 times a second. Method: a stream that keeps what it gets. */
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { openProgress } from "../../../coordinator/cli/terminal/progress.ts";
import { makeStyle } from "../../../coordinator/cli/terminal/style.ts";
import { sampleView } from "./samples.ts";

class Kept extends Writable {
  readonly columns = 100;
  readonly rows = 40;
  readonly isTTY = true;
  text = "";
  writes = 0;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    this.writes++;
    done();
  }
}

async function open(mode: "live" | "plain" | "off") {
  const stream = new Kept();
  const time = { nowUs: 0 };
  const progress = await openProgress({
    stream: stream as unknown as NodeJS.WriteStream,
    mode,
    style: makeStyle(false),
    clock: { monotonicUs: () => time.nowUs, wallMs: () => 0 },
  });
  return { stream, time, progress };
}

const at = (seconds: number) => sampleView({ elapsedUs: seconds * 1e6 });

describe("plain progress", () => {
  it("writes one line per 5 s of run time, and notes as they come", async () => {
    const { stream, progress } = await open("plain");
    for (let second = 0; second < 12; second++) progress.show(at(second));
    progress.note("stopping");
    progress.close();
    const lines = stream.text.trimEnd().split("\n");
    expect(lines.map((line) => line.slice(0, 5))).toEqual(["00:00", "00:05", "00:10", "stopp"]);
    expect(stream.text).not.toContain("\u001b");
  });
});

describe("live progress", () => {
  it("is redrawn at most four times a second", async () => {
    const { stream, time, progress } = await open("live");
    for (let step = 0; step < 40; step++) {
      time.nowUs = step * 25_000;
      progress.show(at(step / 40));
    }
    expect(stream.writes).toBeGreaterThan(0);
    expect(stream.writes).toBeLessThanOrEqual(2 * 4 + 2);
  });

  it("keeps notes above the view and gives the cursor back", async () => {
    const { stream, progress } = await open("live");
    progress.show(at(1));
    progress.note("worker lost");
    progress.close();
    expect(stream.text).toContain("worker lost\n");
    expect(stream.text.lastIndexOf("running")).toBeGreaterThan(stream.text.indexOf("worker lost"));
  });
});

describe("no progress", () => {
  it("writes nothing at all", async () => {
    const { stream, progress } = await open("off");
    progress.show(at(1));
    progress.note("x");
    progress.close();
    expect(stream.writes).toBe(0);
  });
});

import { expect, it } from "vitest";
import { openPatiently } from "../../../shared/bus/open-patiently.ts";
import { OnrushError } from "../../../shared/errors.ts";
import type { Timers } from "../../../shared/time/timer.ts";

/** Waits for nothing, and remembers for how long it was to. */
function timersOf(waits: number[]): Timers {
  return {
    after: (delayMs, callback) => {
      waits.push(delayMs);
      setImmediate(callback);
      return () => {};
    },
  };
}

const away = (message: string) => new OnrushError({ code: "ONRUSH_BUS_UNREACHABLE", message });

function patience(signal?: AbortSignal) {
  const [lines, waits, troubles]: [string[], number[], string[]] = [[], [], []];
  const log = { info: () => {}, warn: (line: string) => lines.push(line), error: () => {} };
  const options = {
    ...{ timers: timersOf(waits), log, onTrouble: (why: string) => troubles.push(why) },
    ...(signal === undefined ? {} : { signal }),
  };
  return { options, lines, waits, troubles };
}

it("waits until the broker is there, and says each trouble once", async () => {
  const { options, lines, waits, troubles } = patience();
  const errors = [...Array(50).fill("no name"), ...Array(50).fill("refused")];
  const opened = await openPatiently(() => {
    const error = errors.shift();
    return error === undefined ? Promise.resolve("bus") : Promise.reject(away(error));
  }, options);
  expect(opened).toBe("bus");
  expect(lines).toEqual(["no name Trying again.", "refused Trying again."]);
  expect(troubles).toHaveLength(100);
  expect(waits.slice(0, 4)).toEqual([500, 1000, 2000, 2000]);
});

it("does not wait for a broker that is there and unfit", async () => {
  const unfit = new OnrushError({ code: "ONRUSH_BUS_UNSUITABLE", message: "too old" });
  await expect(openPatiently(() => Promise.reject(unfit), patience().options)).rejects.toBe(unfit);
});

it("gives up when it is told to", async () => {
  const ending = new AbortController();
  const { options } = patience(ending.signal);
  const waiting = openPatiently(() => {
    ending.abort();
    return Promise.reject(away("refused"));
  }, options);
  expect(await waiting).toBe(null);
});

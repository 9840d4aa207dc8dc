import { describe, expect, it } from "vitest";
import { RepeatKeys } from "../../../coordinator/service/repeat-keys.ts";

/** A key stands for one run, however often and at whatever moment it is repeated. */

function counting() {
  let made = 0;
  return {
    make: async () => ({ id: `run-${++made}` }),
    get made() {
      return made;
    },
  };
}

describe("keys of submissions", () => {
  it("make one run of requests that come at once, and of later ones", async () => {
    const keys = new RepeatKeys();
    const runs = counting();
    const once = () => keys.once("k", "c", runs.make);
    expect(await Promise.all([once(), once(), once()])).toEqual(Array(3).fill({ id: "run-1" }));
    expect(await once()).toEqual({ id: "run-1" });
    expect(runs.made).toBe(1);
    expect(await keys.once("other", "c", runs.make)).toEqual({ id: "run-2" });
  });

  it("refuse another content, also while the first is being made", async () => {
    const keys = new RepeatKeys();
    const runs = counting();
    const first = keys.once("k", "c", runs.make);
    expect(await keys.once("k", "d", runs.make)).toBe("reused");
    expect(await first).toEqual({ id: "run-1" });
    expect(runs.made).toBe(1);
  });

  it("are free again when nothing came of them, or the run is gone", async () => {
    const keys = new RepeatKeys();
    const runs = counting();
    const failing = () => Promise.reject(new Error("no"));
    await expect(keys.once("k", "c", failing)).rejects.toThrow("no");
    expect(await keys.once("k", "d", runs.make)).toEqual({ id: "run-1" });
    await keys.forget("run-1");
    expect(await keys.once("k", "e", runs.make)).toEqual({ id: "run-2" });
  });

  it("are learnt from runs on disk, and bounded", async () => {
    const keys = new RepeatKeys();
    const runs = counting();
    keys.learn("k", "c", { id: "known" });
    expect(await keys.once("k", "c", runs.make)).toEqual({ id: "known" });
    for (let count = 0; count < 1000; count++) keys.learn(`k${count}`, "c", { id: `${count}` });
    expect(await keys.once("k", "c", runs.make)).toEqual({ id: "run-1" });
  });
});

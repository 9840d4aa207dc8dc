/**
 * Goal: results that the disk refuses for a while are there in the end, and it is said what keeps them; what nobody gives
 * back is not waited for. Method: runs in virtual time, over a store that refuses.
 */
import { expect, test } from "vitest";
import { directoryError } from "../../../coordinator/store/journal-record.ts";
import type { StoredRun } from "../../../coordinator/store/run-store.ts";
import { MemoryRunStore } from "../../support/memory-run-store.ts";
import { load, Trial } from "./trial.ts";

/** Refuses files whose names end so, as often as told. */
class RefusingStore extends MemoryRunStore {
  left: number;
  readonly #code: string;

  constructor(code: string, times: number) {
    super();
    this.#code = code;
    this.left = times;
  }

  override async create(directory: string): Promise<StoredRun> {
    const stored = await super.create(directory);
    const write = stored.write.bind(stored);
    stored.write = async (path, content) => {
      if (path === "timeline.csv" && this.left-- > 0) {
        throw directoryError(
          "cannot write",
          path,
          Object.assign(new Error("no"), { code: this.#code }),
        );
      }
      await write(path, content);
    };
    return stored;
  }
}

async function run(code: string, times: number, resultsPatienceMs?: number) {
  const trial = new Trial();
  const store = new RefusingStore(code, times);
  const said: (string | null)[] = [];
  trial.worker({ id: "a" });
  await trial.fleet.start();
  const going = trial.run({
    scenario: load(10, 2, 0),
    change: {
      store,
      onDelayed: (why) => said.push(why),
      ...(resultsPatienceMs === undefined ? {} : { resultsPatienceMs }),
    },
  });
  await trial.until(() => going.done() !== null);
  const outcome = await going.outcome;
  return { outcome, said, files: [...store.runs.values()][0]?.files, left: store.left };
}

test.each(["EMFILE", "ENOSPC", "EDQUOT"])(
  "for want of room (%s) they are tried again",
  async (code) => {
    const { outcome, said, files } = await run(code, 4, 600_000);
    expect(outcome.problem).toBeNull();
    expect(files?.has("summary.json")).toBe(true);
    expect(said).toHaveLength(5);
    expect(said[0]).toMatch(
      /the results cannot be written yet: cannot write .*; it is tried again/,
    );
    expect(said.at(-1)).toBeNull();
  },
);

test("it ends at a bound, and then says what is missing", async () => {
  const { outcome, said, left } = await run("ENOSPC", 1_000_000, 60_000);
  expect(outcome.problem?.code).toBe("ONRUSH_RUN_DIRECTORY");
  expect(outcome.exitCode).toBe(98);
  // 0.5, 1, 2, 4, 8, 15, 15 s: the next pause would end beyond the bound.
  expect(said).toHaveLength(7);
  expect(1_000_000 - left).toBe(8);
});

test.each([
  ["EACCES", 600_000],
  ["ENOSPC", undefined],
])("%s with a patience of %s is not waited for", async (code, patienceMs) => {
  const { outcome, said } = await run(code, 1, patienceMs);
  expect(outcome.problem?.code).toBe("ONRUSH_RUN_DIRECTORY");
  expect(said).toEqual([]);
});

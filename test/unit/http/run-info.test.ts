/** Goal: a list of many runs has few files open. Method: an archive that counts who reads at the same time. */
import { expect, it } from "vitest";
import { runInfos } from "../../../coordinator/http/routes/run-info.ts";
import type { Service } from "../../../coordinator/service/service.ts";

it("the runs of a list are read one after another", async () => {
  let [now, most] = [0, 0];
  const reading = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
    return null;
  };
  const ids = Array.from({ length: 50 }, (_, index) => `run-${index}`);
  const infos = await runInfos({
    archive: {
      list: async () => ids.map((id) => ({ id, state: "done" })),
      resultOf: reading,
      probeOf: reading,
    },
    ...{ entry: () => null, isOver: () => true, fleet: { waiting: [], sessions: [] } },
  } as unknown as Service);
  expect(infos.map(({ id }) => id)).toEqual(ids);
  expect(most).toBe(1);
});

/** Goal: a thread where there is something to observe, and one reader of the pages. Method: hand-overs, with a thread that only listens. */
import { expect, it } from "vitest";
import type { SentinelCommand } from "../../../worker/sentinel/protocol.ts";
import { Sentinel } from "../../../worker/sentinel/sentinel.ts";

function observed(observes: { readonly probes: boolean; readonly pages: boolean }) {
  const threads: SentinelCommand[][] = [];
  const sentinel = new Sentinel(
    () => {
      const commands: SentinelCommand[] = [];
      threads.push(commands);
      return { postMessage: (command) => commands.push(command), terminate: () => undefined };
    },
    observes,
    () => expect.unreachable(),
  );
  return { sentinel, threads };
}

const READ: SentinelCommand = { type: "read", fromUs: 5 };
const STOP: SentinelCommand = { type: "stopReading" };

it("an engine that neither probes nor holds shard 0 has no thread", () => {
  const { sentinel, threads } = observed({ probes: false, pages: true });
  sentinel.hold([{ id: 1, shard: 1, toUs: null }]);
  sentinel.start(5);
  sentinel.letGo(1);
  expect(threads).toEqual([]);
});

it("whoever gives the last part of shard 0 away reads no more, until it gets it back", () => {
  const { sentinel, threads } = observed({ probes: true, pages: true });
  sentinel.hold([{ id: 0, shard: 0, toUs: null }]);
  sentinel.start(5);
  sentinel.letGo(0);
  sentinel.hold([{ id: 8, shard: 0, toUs: 100 }]);
  sentinel.hold([{ id: 9, shard: 0, toUs: null }]);
  sentinel.letGo(8);
  sentinel.letGo(9);
  expect(threads).toEqual([[{ type: "probe", fromUs: 5 }, READ, STOP, READ, STOP]]);
});

it("an engine whose scenario has no pages reads none", () => {
  const { sentinel, threads } = observed({ probes: true, pages: false });
  sentinel.hold([{ id: 0, shard: 0, toUs: null }]);
  sentinel.start(5);
  expect(threads).toEqual([[{ type: "probe", fromUs: 5 }]]);
});

/** One episode each of what `npm run chaos` plays many times, of the faults no other test has: real processes. */
import { expect, it } from "vitest";
import { playEpisode } from "../chaos/episode.ts";
import { FAULTS } from "../chaos/faults.ts";
import { brokersOf, missing } from "../support/servers.ts";

// A coordinator that is killed: coordinator-restart.test.ts.
const PLAYED = ["a count altered", "drop reply, then cut"];

for (const kind of brokersOf("redis")) {
  const gone = missing(kind);
  it.skipIf(gone !== null)(`${kind}: ${PLAYED.join("; ")}`, async () => {
    const faults = FAULTS.filter(({ name }) => PLAYED.includes(name));
    expect(faults).toHaveLength(PLAYED.length);
    const outcomes = await Promise.all(faults.map((fault) => playEpisode(fault, kind, 1)));
    expect(outcomes.map((one) => ({ fault: one?.fault, wrong: one?.wrong }))).toEqual(
      faults.map(({ name }) => ({ fault: name, wrong: [] })),
    );
  });
}

/** Goal: a close that moves takes the connection's timers along. Method: the real rows, and timers that are written down. */
import { describe, expect, it } from "vitest";
import { MAX_SLOTS, moveClose } from "../../../worker/connection/close-time.ts";
import { TimerKind } from "../../../worker/connection/connection-host.ts";
import { State } from "../../../worker/connection/connection-state.ts";
import { ConnectionTimes, Time } from "../../../worker/connection/connection-times.ts";

const NOW = 100;

function moved(state: State, { from, to, nextSend }: Record<"from" | "to" | "nextSend", number>) {
  const times = new ConnectionTimes();
  times.set(3, Time.close, from);
  times.set(3, Time.nextSend, nextSend);
  times.set(3, Time.intendedOpen, 250);
  const timers: [kind: number, dueUs: number][] = [];
  const schedule = (_: number, kind: TimerKind, dueUs: number) => timers.push([kind, dueUs]);
  // The second session of index 7.
  const connection = { slot: 3, index: 7, sendCounter: MAX_SLOTS + 5, state, held: false };
  const sessionsOf = (index: number) => [
    { openUs: 0, closeUs: 50 },
    { openUs: 60, closeUs: index === 7 ? to : -1 },
  ];
  moveClose(connection, { times, lastNowUs: NOW, schedule }, { sessionsOf });
  return { close: times.get(3, Time.close), timers };
}

describe("moveClose", () => {
  it.each([
    ["open, later", State.open, { from: 200, to: 400, nextSend: 300 }, 2],
    ["open, sooner", State.open, { from: 400, to: 200, nextSend: 300 }, 1],
    ["gone, later", State.gone, { from: 200, to: 400, nextSend: 500 }, 1],
  ] as const)("%s", (_, state, times, timers) => {
    const { close, timers: set } = moved(state, times);
    expect(close).toBe(times.to);
    expect(set[0]).toEqual([TimerKind.life, times.to]);
    expect(set).toHaveLength(timers);
  });

  it("messages that lay beyond the close are sent again", () => {
    expect(moved(State.open, { from: 200, to: 400, nextSend: 300 }).timers[1]).toEqual([
      TimerKind.send,
      300,
    ]);
  });

  it("one that waits to connect again wakes for whichever comes first", () => {
    const life = (to: number) =>
      moved(State.waiting, { from: 500, to, nextSend: 1e9 }).timers[0]?.[1];
    expect([life(220), life(400)]).toEqual([220, 250]);
  });

  it("one that is on its way out stays so, and nothing happens without a change", () => {
    for (const times of [
      { from: NOW, to: 400, nextSend: 300 },
      { from: 300, to: 300, nextSend: 200 },
    ]) {
      expect(moved(State.open, times)).toEqual({ close: times.from, timers: [] });
    }
  });
});

/** Goal: Ctrl-C once, twice, three times do what they promise. Method: an emitter for signals and a set clock. */
import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { listenForInterrupts } from "../../../coordinator/cli/interrupt.ts";

function setUp() {
  const source = new EventEmitter();
  const said: string[] = [];
  const exits: number[] = [];
  const clock = { nowUs: 0 };
  const interrupts = listenForInterrupts({
    source,
    clock: { monotonicUs: () => clock.nowUs, wallMs: () => 0 },
    say: (line) => said.push(line),
    exit: (code) => exits.push(code),
  });
  const press = (afterMs: number, signal = "SIGINT") => {
    clock.nowUs += afterMs * 1000;
    source.emit(signal);
  };
  return { source, said, exits, press, ...interrupts };
}

describe("listenForInterrupts", () => {
  it("stops, then aborts, then leaves", () => {
    const { press, control, exits, said } = setUp();
    press(0);
    expect([control.stop.aborted, control.abort.aborted]).toEqual([true, false]);
    expect(control.stop.reason).toBe("interrupted");
    press(1000);
    expect(control.abort.aborted).toBe(true);
    expect(exits).toEqual([]);
    press(1000);
    expect(exits).toEqual([130]);
    expect(said).toHaveLength(2);
  });

  it("counts a signal that arrives twice at once as one press", () => {
    const { press, control } = setUp();
    press(0);
    press(5);
    expect(control.abort.aborted).toBe(false);
    press(400);
    expect(control.abort.aborted).toBe(true);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"])("%s stops, and a second signal aborts", (signal) => {
    const { press, control, said } = setUp();
    press(0, signal);
    expect([control.stop.aborted, control.abort.aborted]).toEqual([true, false]);
    press(5, "SIGTERM");
    expect(control.abort.aborted).toBe(false);
    press(1000, "SIGHUP");
    expect(control.abort.aborted).toBe(true);
    expect(said).toHaveLength(2);
  });

  it("gives the signals back", () => {
    const { source, close } = setUp();
    close();
    close();
    expect(source.eventNames()).toEqual([]);
  });
});

/**
 * A connection's close by plan moves, because the plan does (find-limit phases). Called by the engine's pool. Invariant:
 * one that is on its way out stays so; one that stays longer sends what is planned for that time.
 */
import type { Population } from "../../shared/load/arrivals.ts";
import { type ConnectionHost, TimerKind } from "./connection-host.ts";
import { State } from "./connection-state.ts";
import { Time } from "./connection-times.ts";

/** Room per session in the numbering of message slots. */
export const MAX_SLOTS = 2 ** 26;

interface Leaving {
  readonly slot: number;
  readonly index: number;
  readonly sendCounter: number;
  readonly state: State;
  readonly held: boolean;
}

export function moveClose(
  { slot, index, sendCounter, state, held }: Leaving,
  host: Pick<ConnectionHost, "times" | "schedule" | "lastNowUs">,
  { sessionsOf }: Pick<Population, "sessionsOf">,
): void {
  const session = sessionsOf(index)[Math.floor(sendCounter / MAX_SLOTS)];
  if (session === undefined) return;
  const { closeUs } = session;
  const { times } = host;
  const beforeUs = times.get(slot, Time.close);
  if (beforeUs === closeUs || beforeUs <= host.lastNowUs) return;
  times.set(slot, Time.close, closeUs);
  if (state === State.open || state === State.gone) host.schedule(slot, TimerKind.life, closeUs);
  else if (state === State.waiting) {
    const againUs = times.get(slot, Time.intendedOpen);
    host.schedule(slot, TimerKind.life, Math.min(againUs, closeUs));
  }
  const nextUs = times.get(slot, Time.nextSend);
  // Nobody waits for a slot that lay beyond the close.
  if (!held && nextUs >= beforeUs && nextUs < closeUs) host.schedule(slot, TimerKind.send, nextUs);
}

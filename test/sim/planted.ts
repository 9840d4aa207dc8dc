/**
 * Bugs planted on purpose, between the production code and the store, to see whether the checker finds them. Used by tests
 * and `npm run sim -- --planted`. Invariant: none of them is in the production code; each breaks one law.
 */
import type { Bus, FrameEntry } from "../../shared/bus/bus.ts";
import { decodeFrame, encodeFrame } from "../../shared/wire/frame/frame-codec.ts";
import type { EngineCommand } from "../../worker/engine/port.ts";

export interface Planted {
  readonly name: string;
  /** A storm that shows it: tried first, so that it is the only one until histories change. */
  readonly seed: number;
  readonly wrap?: (side: Bus, role: "worker" | "coordinator") => Bus;
  readonly tamper?: (command: EngineCommand) => EngineCommand | null;
}

/** A side with some calls replaced. */
function replaced(side: Bus, calls: Partial<Bus>): Bus {
  return new Proxy(side, {
    get(target, name) {
      const own = (calls as Record<string | symbol, unknown>)[name];
      if (own !== undefined) return own;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

export const PLANTED: readonly Planted[] = [
  {
    name: "skip the fence",
    seed: 13,
    wrap: (side, role) => (role === "worker" ? side : replaced(side, { fence: async () => {} })),
    // Its worker does not stop by itself either.
    tamper: (command) => (command.type === "lease" ? { ...command, deadlineUs: 1e15 } : command),
  },
  {
    name: "merge a duplicate",
    seed: 0,
    wrap: (side, role) =>
      role === "worker"
        ? side
        : replaced(side, {
            readFrames: async (run, cursor, max) => {
              const entries = await side.readFrames(run, cursor, max);
              return entries.flatMap((entry) =>
                entry.id.seq % 7 === 3 ? [entry, withSeq(entry, entry.id.seq + 50_000)] : [entry],
              );
            },
          }),
  },
  {
    name: "forget the late log",
    seed: 13,
    wrap: (side, role) =>
      role === "coordinator" ? side : replaced(side, { appendLateFrame: async () => "ok" }),
  },
  {
    name: "drop the last frame",
    seed: 2,
    wrap: (side, role) =>
      role === "coordinator"
        ? side
        : replaced(side, {
            appendFrame: async (id, body, floor) =>
              decodeFrame(body).final ? "ok" : side.appendFrame(id, body, floor),
          }),
  },
  {
    name: "restart seq at 0",
    seed: 1,
    wrap: (side, role) =>
      role === "coordinator"
        ? side
        : replaced(side, {
            appendFrame: (id, body, floor) =>
              id.seq > 12
                ? side.appendFrame({ ...id, seq: id.seq - 13 }, body, Math.max(0, floor - 13))
                : side.appendFrame(id, body, floor),
          }),
  },
  {
    name: "trust the queue's lock",
    seed: 13,
    wrap: (side, role) =>
      role === "coordinator"
        ? side
        : replaced(side, {
            claimSlice: async (run, slice, epoch) => {
              await side.claimSlice(run, slice, epoch);
              return "held";
            },
          }),
    tamper: (command) => (command.type === "lease" ? { ...command, deadlineUs: 1e15 } : command),
  },
  {
    name: "acknowledge before it is on disk",
    seed: 1,
    wrap: (side, role) =>
      role === "worker"
        ? side
        : replaced(side, {
            readFrames: async (run, cursor, max) => {
              const entries = await side.readFrames(run, cursor, max);
              const last = entries.at(-1);
              if (last) await side.acknowledgeFrames(run, last.cursor);
              return entries;
            },
          }),
  },
  {
    name: "keep a slice that was handed over",
    seed: 4,
    tamper: (command) =>
      command.type === "cut" || (command.type === "handOver" && command.scope === "unopened")
        ? { type: "lease", deadlineUs: 1e15 }
        : command,
    wrap: (side, role) =>
      role === "coordinator" ? side : replaced(side, { renewSession: answersAll(side) }),
  },
  {
    name: "count a message twice",
    seed: 0,
    wrap: (side, role) =>
      role === "coordinator"
        ? side
        : replaced(side, {
            appendFrame: (id, body, floor) =>
              side.appendFrame(id, id.seq === 9 ? altered(body) : body, floor),
          }),
  },
  {
    name: "lose a slice on its way to an engine",
    seed: 4,
    tamper: (command) =>
      command.type === "slices"
        ? { ...command, slices: command.slices.filter(({ id }) => id !== 5) }
        : command,
  },
];

function withSeq(entry: FrameEntry, seq: number): FrameEntry {
  return { ...entry, id: { ...entry.id, seq } };
}

/** Says of every hand-over it hears of that it was done at once. */
function answersAll(side: Bus): Bus["renewSession"] {
  return async (epoch, status) => {
    const document = (await side.getDocument("run.r1"))?.value as
      | { handOvers?: { id: number; slice: number; epoch: number; scope: string }[] }
      | undefined;
    const asked = (document?.handOvers ?? []).filter(
      (one) => one.epoch === epoch && one.scope === "unopened",
    );
    const handedOver = asked.map(({ id, slice }) => ({ id, slice, fromUs: 0 }));
    return side.renewSession(epoch, {
      ...status,
      handedOver: [...status.handedOver, ...handedOver],
    });
  };
}

function altered(body: Uint8Array): Uint8Array {
  const frame = decodeFrame(body);
  return encodeFrame({
    ...frame,
    phases: frame.phases.map((row) => ({
      ...row,
      counters: row.counters.map((n) => (n ?? 0) + 1),
    })),
  });
}

/**
 * A service of events that goes wrong exactly as it is told, with its own account of what it did: what sequences are held
 * against. Treatments go to the first asks in turn; asks of connections that are to be cut get no other.
 */
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { TurnClock } from "./turn-clock.ts";

export const EVENTS = ["started", "thinking", "working", "done"] as const;

/** What becomes of the events of an ask. */
export const TREATMENTS = [
  "omit",
  "swap",
  "delay",
  "repeat",
  "insert",
  "silence",
  "more",
  "stray",
] as const;
export type Treatment = (typeof TREATMENTS)[number];

const GAP_MS = 8;

interface Ask {
  readonly id: string;
  readonly user: number;
}

export interface AgentServer extends AsyncDisposable {
  readonly url: string;
  readonly asks: number;
  readonly sent: number;
  readonly done: Readonly<Record<Treatment | "cut", number>>;
}

/** @param each how many asks get each treatment @param cuts how many asks end their connection @param lateMs of delays */
export async function startAgentServer(
  each: number,
  {
    cuts,
    lateMs,
    clock,
  }: { readonly cuts: number; readonly lateMs: number; readonly clock: TurnClock },
): Promise<AgentServer> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  const planned: Treatment[] = Array.from({ length: each }, () => [...TREATMENTS]).flat();
  const done = Object.fromEntries([...TREATMENTS, "cut"].map((one) => [one, 0])) as Record<
    Treatment | "cut",
    number
  >;
  const counts = { asks: 0, sent: 0 };
  let cutsLeft = cuts;
  server.on("connection", (socket) => {
    const open = new Set<string>();
    socket.on("message", (data) => {
      if (socket.readyState !== socket.OPEN) return;
      const { id, user } = JSON.parse(String(data)) as Ask;
      counts.asks++;
      open.add(id);
      if (user % 4 === 0) {
        const isCut = cutsLeft > 0;
        if (isCut) cutsLeft--;
        void tell(socket, { id, names: isCut ? EVENTS.slice(0, 2) : EVENTS }).then((isOver) => {
          if (!isOver) return;
          if (!isCut) open.delete(id);
          else if (socket.readyState === socket.OPEN) {
            done.cut += open.size;
            socket.close(1012);
          }
        });
        return;
      }
      const treatment = planned.shift();
      if (treatment !== undefined) done[treatment]++;
      void tell(socket, treated({ id }, treatment, lateMs));
    });
  });

  async function tell(socket: WebSocket, { id, names, strayId, waits }: Told): Promise<boolean> {
    for (const [at, name] of names.entries()) {
      await new Promise<void>((resolve) => clock.after(waits?.[at] ?? GAP_MS, resolve));
      if (socket.readyState !== socket.OPEN) return false;
      counts.sent++;
      const isStray = strayId !== undefined && at === names.length - 1;
      socket.send(JSON.stringify({ type: name, id: isStray ? strayId : id }));
    }
    return true;
  }

  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    done,
    get asks() {
      return counts.asks;
    },
    get sent() {
      return counts.sent;
    },
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Told {
  readonly id: string;
  readonly names: readonly string[];
  /** The last event has this key. */
  readonly strayId?: string;
  readonly waits?: readonly number[];
}

function treated({ id }: Pick<Ask, "id">, treatment: Treatment | undefined, lateMs: number): Told {
  const [first, second, third, last] = EVENTS;
  switch (treatment) {
    case "omit":
      return { id, names: [first, third, last] };
    case "swap":
      return { id, names: [first, third, second, last] };
    case "delay":
      return { id, names: EVENTS, waits: [GAP_MS, GAP_MS, GAP_MS, lateMs] };
    case "repeat":
      return { id, names: [first, second, second, third, last] };
    case "insert":
      return { id, names: [first, second, "surprise", third, last] };
    case "silence":
      return { id, names: [] };
    case "more":
      return { id, names: [...EVENTS, third] };
    case "stray":
      return { id, names: [...EVENTS, second], strayId: `${id}-of-nobody` };
    default:
      return { id, names: EVENTS };
  }
}

/**
 * The bus suite on the ipc transport: over MessagePorts, and over the IPC pipe of a real child process per
 * worker (which relays, so that both ends can be driven from here).
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { MessageChannel } from "node:worker_threads";
import { type Channel, processChannel } from "../../shared/bus/ipc/channel.ts";
import { IpcClient } from "../../shared/bus/ipc/ipc-client.ts";
import { serveChannel } from "../../shared/bus/ipc/ipc-server.ts";
import { MemoryStore } from "../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../shared/bus/memory-bus.ts";
import { SignedWorkerBus } from "../../shared/bus/signed/signed-bus.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { readClusterKeys } from "../../shared/trust/cluster-key.ts";
import { portChannel } from "../support/port-channel.ts";
import { busRecoverySuite } from "./bus-recovery-suite.ts";
import { type BusHarness, busSuite } from "./bus-suite.ts";

const options = { eventuallyMs: 3000, ticketVisibilityMs: 300, logBytes: 64 * 1024 };

interface Wire {
  readonly client: Channel;
  readonly server: Channel;
  stop(): Promise<void>;
}

async function harnessOver(makeWire: () => Promise<Wire>): Promise<BusHarness> {
  const store = new MemoryStore({ clock: systemClock, timers: systemTimers, limits: options });
  const coordinator = new MemoryBus(store);
  const wires: Wire[] = [];
  return {
    coordinator,
    openWorker: async () => {
      const wire = await makeWire();
      wires.push(wire);
      serveChannel(store, wire.server);
      const keys = readClusterKeys(store.clusterKey);
      return new SignedWorkerBus(new IpcClient(wire.client), {
        keys,
        clock: systemClock,
        log: null,
      });
    },
    forgetEverything: async () => store.forgetEverything(),
    stop: async () => {
      await coordinator.close();
      await Promise.all(wires.map((wire) => wire.stop()));
    },
  };
}

async function portWire(): Promise<Wire> {
  const { port1, port2 } = new MessageChannel();
  const wire = { client: portChannel(port1), server: portChannel(port2) };
  return {
    ...wire,
    stop: async () => {
      wire.client.close();
      wire.server.close();
    },
  };
}

/** Both ends talk through one relaying child: what one posts, the pipe carries out and back to the other. */
async function childWire(): Promise<Wire> {
  const child = fork(fileURLToPath(new URL("../fixtures/relay-child.mjs", import.meta.url)), {
    serialization: "advanced",
    execArgv: [],
  });
  await once(child, "spawn");
  const pipe = processChannel(child);
  return {
    client: endOf(pipe, "client", "server"),
    server: endOf(pipe, "server", "client"),
    stop: async () => {
      const exited = child.exitCode === null ? once(child, "exit") : Promise.resolve();
      pipe.close();
      await exited;
    },
  };
}

function endOf(pipe: Channel, mine: string, other: string): Channel {
  return {
    post: (message) => pipe.post({ to: other, message }),
    onMessage: (listener) =>
      pipe.onMessage((carried) => {
        const { to, message } = carried as { to: string; message: unknown };
        if (to === mine) listener(message);
      }),
    onClose: (listener) => pipe.onClose(listener),
    close: () => pipe.close(),
  };
}

busSuite("ipc bus over MessagePort", () => harnessOver(portWire), options);
busSuite("ipc bus over a child process", () => harnessOver(childWire), options);
busRecoverySuite("ipc bus over MessagePort, recovery", () => harnessOver(portWire), options);

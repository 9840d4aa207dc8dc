/**
 * Puts the parts of a target process together. Called by the entry and by tests. Invariant: what was
 * started is stopped by `stop`, which leaves no socket and no timer behind.
 */
import { OnrushError } from "../shared/errors.ts";
import { monotonicUs } from "../shared/time/clock.ts";
import type { TargetConfig } from "./config.ts";
import { compressedUpgrade } from "./connection/compressed.ts";
import { Listener } from "./connection/listener.ts";
import { pages } from "./http/pages.ts";
import { Alone, type Group } from "./processes/group.ts";
import type { Member, Start } from "./processes/member.ts";
import { Target } from "./target.ts";

/** How long connections may take to close when the target stops. */
const STOP_MS = 2000;
const STOP_STEP_MS = 10;

export interface Running {
  readonly target: Target;
  readonly port: number;
  /** Closes every connection with 1001, then what is left the hard way. */
  stop(): Promise<void>;
}

/** A target in this process alone. @throws OnrushError when the port is not to be had. */
export async function serveAlone(config: TargetConfig): Promise<Running> {
  const target = makeTarget(config, { index: 0, count: 1 }, null);
  const listener = makeListener(config, target, new Alone(target), config.port);
  const port = await listener.start().catch((cause: unknown) => {
    throw cannotListen(config, cause);
  });
  target.behave(config.behaviour, monotonicUs());
  return { target, port, stop: () => stop(target, listener) };
}

/** A target in a process of a group, once the primary has said which. */
export async function serveMember(config: TargetConfig, member: Member): Promise<Running> {
  const start = await member.awaitStart();
  const target = makeTarget(config, start.part, (room, text) => member.publish(room, text));
  const listener = makeListener(config, target, member, start.port);
  member.use(target, listener);
  if (start.listens) {
    await listener.start().catch((cause: unknown) => {
      member.failed(cannotListen(config, cause).message);
    });
  }
  target.behave(config.behaviour, start.sinceUs);
  member.started();
  return { target, port: start.port, stop: () => stop(target, listener) };
}

function makeTarget(
  config: TargetConfig,
  part: Start["part"],
  publish: ((room: string, text: string) => void) | null,
): Target {
  const { behaviour, subprotocols, compression } = config;
  return new Target({ part, behaviour, subprotocols, compression, publish });
}

function makeListener(config: TargetConfig, target: Target, group: Group, port: number): Listener {
  const compressed = config.compression ? compressedUpgrade(target) : null;
  const { host, backlog, maxSockets, tls } = config;
  const options = { host, port, backlog, maxSockets, tls };
  const listener = new Listener({ target, http: pages(group), compressed }, options);
  target.disturbance.onOutage = (down) => listener.suspend(down);
  return listener;
}

async function stop(target: Target, listener: Listener): Promise<void> {
  target.disturbance.stop();
  target.clockwork.stop();
  target.strain.end();
  listener.stop();
  for (const peer of [...target.peers.list]) peer.close(1001, "going away");
  for (let waitedMs = 0; waitedMs < STOP_MS && target.peers.list.length > 0; ) {
    await new Promise((resolve) => setTimeout(resolve, STOP_STEP_MS));
    waitedMs += STOP_STEP_MS;
  }
  listener.destroySockets();
  target.queue.clear();
}

function cannotListen(config: TargetConfig, cause: unknown): OnrushError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new OnrushError({
    code: "ONRUSH_TARGET_UNREACHABLE",
    message: `cannot listen on ${config.host}:${config.port}: ${why}`,
    remedy: "choose another --port or --host",
    cause,
  });
}

/**
 * Has this machine local ports for the plan? Called before a run on this machine, and by the plan command when it has
 * shown what is needed. Invariant: refuses only what is sure to fail; a name that does not resolve is the worker's to tell.
 */
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { isIP } from "node:net";
import { OnrushError } from "../../../shared/errors.ts";
import { isLoopbackHost } from "../../../shared/net/host.ts";
import { splitTargetUrl } from "../../../shared/net/target-url.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import { busiestShare, type LocalPlan } from "./local-plan.ts";

/** @throws OnrushError ONRUSH_LIMITS_TOO_LOW */
export async function checkPorts(local: LocalPlan, scenario: StrictScenario): Promise<void> {
  const { localAddresses } = scenario.connect;
  if (localAddresses !== "auto") await Promise.all(localAddresses.map(checkOurs));
  const { portRange, boundAddresses } = local;
  const [first, last] = portRange;
  const ports = last - first + 1;
  const peak = local.population.peakPlanned;
  const each =
    boundAddresses > 0
      ? Math.ceil(peak / boundAddresses)
      : Math.ceil(peak * (await busiestAddress(scenario)));
  if (each <= ports) return;
  const needed = Math.ceil(peak / ports);
  const from = boundAddresses > 0 ? `${boundAddresses} source addresses` : "one source address";
  throw new OnrushError({
    code: "ONRUSH_LIMITS_TOO_LOW",
    message: `${peak} connections need ${each} local ports at each source address, and this machine has ${ports} (${first} to ${last}) for ${from}`,
    remedy: `give it more ports (sudo sysctl -w net.ipv4.ip_local_port_range="1024 65535"), or name ${needed} source addresses of this machine in connect.localAddresses, or use more workers on other machines`,
  });
}

/** By binding a socket that sends nothing; what systems allow is more than their interfaces list. */
async function checkOurs(address: string): Promise<void> {
  const socket = createSocket(isIP(address) === 6 ? "udp6" : "udp4");
  try {
    socket.bind(0, address);
    await once(socket, "listening");
  } catch (error) {
    throw new OnrushError({
      code: "ONRUSH_LIMITS_TOO_LOW",
      message: `connect.localAddresses names ${address}, which is no address of this machine (${(error as NodeJS.ErrnoException).code ?? "unknown"})`,
      remedy: "ip addr   # lists those it has",
      cause: error,
    });
  } finally {
    socket.close();
  }
}

/** The share of the connections that goes to the busiest address of the targets. */
async function busiestAddress(scenario: StrictScenario): Promise<number> {
  const hosts = scenario.targets.map(({ url }) => splitTargetUrl(url).host);
  const counts = await Promise.all(hosts.map(addressCount));
  // Names with several addresses are used at all of them.
  return busiestShare(scenario) / Math.min(...counts);
}

async function addressCount(host: string): Promise<number> {
  if (isIP(host) !== 0 || isLoopbackHost(host)) return 1;
  try {
    return (await lookup(host, { all: true })).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

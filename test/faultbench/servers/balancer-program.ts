/**
 * A balancer: TCP connections to one address, passed on to several servers. Started by registry.ts with what it does and the servers'
 * addresses; takes no behaviour. Invariants: bytes stay as they are; what it does with a connection is decided by its number or by the
 * address it comes from, and by nothing else.
 */
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { drawUnit, Stream } from "../../../shared/time/random.ts";

interface Plan {
  readonly seed: number;
  /** Of the connections, by server; they add up to 1. null: a source address has all of its connections at one server. */
  readonly shares: readonly number[] | null;
}

const [given = "{}", ...servers] = process.argv.slice(2);
const plan = JSON.parse(given) as Plan;
let connections = 0;

/** By the last number of the source address, as simple balancers do. */
function bySource(address: string): number {
  return Number(address.split(".").at(-1)) % servers.length;
}

/** At random. */
function byShare(shares: readonly number[]): number {
  let left = drawUnit(plan.seed, Stream.network, 4, connections);
  const at = shares.findIndex((share) => {
    left -= share;
    return left < 0;
  });
  return at < 0 ? shares.length - 1 : at;
}

function joined(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroy());
}

const server = createServer({ noDelay: true }, (near) => {
  if (connections === 0) process.stdout.write('{"accepted":true}\n');
  const at = plan.shares === null ? bySource(near.remoteAddress ?? "") : byShare(plan.shares);
  connections += 1;
  const [host = "", port = ""] = (servers[at] ?? "").split(":");
  const far = createConnection({ host, port: Number(port), noDelay: true });
  joined(near, far);
  joined(far, near);
});
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  const { port: own } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `ws://127.0.0.1:${own}` })}\n`);
});
process.on("SIGTERM", () => process.exit(0));

/**
 * Causes, where each lies, and its plain title. Read by the detectors (diagnosis/), which name most of them (docs/diagnosis.md lists
 * those), and by the finding of the generator; the labels of benchmarks are these ids, too. Invariant: an id is a promise to
 * scripts: it never gets another meaning; what fits none of them is `unknown`.
 */
import type { LOCI } from "../judgement.ts";

interface CauseEntry {
  readonly id: string;
  readonly locus: (typeof LOCI)[number];
  readonly title: string;
}

// biome-ignore format: a cause is one line.
const CAUSES = [
  { id: "event-loop-pauses", locus: "server", title: "the whole service pauses" },
  { id: "periodic-stall", locus: "handler", title: "a periodic task stalls the service" },
  { id: "slow-message-type", locus: "handler", title: "one kind of message is slow" },
  { id: "saturation", locus: "server", title: "the service is at its limit" },
  { id: "dependency-pool", locus: "handler", title: "requests queue for a dependency" },
  { id: "memory-leak", locus: "server", title: "the service gets slower while it runs" },
  { id: "slow-broadcast", locus: "handler", title: "large broadcasts hold up other messages" },
  { id: "slow-consumer-drops", locus: "server", title: "messages to slow readers are dropped" },
  { id: "compression-cost", locus: "server", title: "compression of large messages takes its processor" },
  { id: "crash-and-restart", locus: "server", title: "the service crashed and came back" },
  { id: "service-down", locus: "server", title: "nothing answers at the address" },
  { id: "zombie", locus: "server", title: "connections are accepted and never answered" },
  { id: "accept-queue", locus: "server", title: "its accept queue overflows" },
  { id: "connection-cap", locus: "server", title: "a limit of open connections" },
  { id: "server-open-files", locus: "server", title: "the service is out of file descriptors" },
  { id: "handshake-rate-limit", locus: "server", title: "a rate limit on new connections" },
  { id: "message-rate-limit", locus: "server", title: "a rate limit on messages" },
  { id: "message-quota", locus: "server", title: "a number of messages per connection" },
  { id: "message-size-limit", locus: "server", title: "a limit on the size of messages" },
  { id: "idle-timeout", locus: "server", title: "idle connections are closed" },
  { id: "maximum-lifetime", locus: "server", title: "connections are closed at a certain age" },
  { id: "token-expiry", locus: "server", title: "tokens expire while connections use them" },
  { id: "stale-token", locus: "client-script", title: "connections return with a token that is no longer valid" },
  { id: "not-authorised", locus: "client-script", title: "the service does not accept the credentials" },
  { id: "wrong-address", locus: "client-script", title: "the address is not that of a WebSocket service" },
  { id: "redirected", locus: "client-script", title: "the address leads elsewhere" },
  { id: "slow-backend", locus: "server", title: "one target is slow" },
  { id: "failing-backend", locus: "server", title: "one target fails" },
  { id: "failing-sequence", locus: "handler", title: "the same messages end connections" },
  { id: "failing-message-type", locus: "handler", title: "one kind of message fails" },
  { id: "unbalanced-load", locus: "network", title: "the load is spread unevenly" },
  { id: "few-source-addresses", locus: "client-script", title: "a balancer goes by source addresses, of which the load has few" },
  { id: "stale-address", locus: "network", title: "one worker connects to another address than the others" },
  { id: "name-resolution", locus: "network", title: "the name of the service does not resolve" },
  { id: "tls-cost", locus: "server", title: "TLS handshakes take the service's processor" },
  { id: "expired-certificate", locus: "server", title: "a certificate has expired" },
  { id: "untrusted-certificate", locus: "server", title: "a certificate is not accepted" },
  { id: "proxy-upstream-down", locus: "server", title: "a proxy does not reach the service behind it" },
  { id: "server-errors", locus: "server", title: "the service reports errors of its own" },
  { id: "protocol-violation", locus: "server", title: "the service breaks the protocol" },
  { id: "network-latency", locus: "network", title: "the way to the service became longer" },
  { id: "network-jitter", locus: "network", title: "the way to the service varies" },
  { id: "network-loss", locus: "network", title: "packets are lost" },
  { id: "bandwidth-limit", locus: "network", title: "a limit on bytes per second" },
  { id: "blackhole", locus: "network", title: "packets vanish on the way" },
  { id: "mtu-blackhole", locus: "network", title: "large packets vanish on the way" },
  { id: "reordering", locus: "server", title: "messages change places" },
  { id: "duplication", locus: "server", title: "messages come twice" },
  { id: "message-loss", locus: "server", title: "messages are lost" },
  { id: "leak-between-users", locus: "server", title: "messages reach other users" },
  { id: "corruption", locus: "server", title: "messages are altered" },
  { id: "reconnect-storm", locus: "client-script", title: "reconnects overload the service" },
  { id: "failure-cascade", locus: "server", title: "one failing target overloads the others" },
  { id: "no-recovery", locus: "server", title: "the service stays slow after what slowed it is over" },
  { id: "generator-cpu", locus: "generator", title: "the load generator is out of processor time" },
  { id: "generator-pauses", locus: "generator", title: "the load generator pauses" },
  { id: "generator-ports", locus: "generator", title: "the load generator is out of local ports" },
  { id: "generator-open-files", locus: "generator", title: "the load generator is out of open files" },
  { id: "generator-memory", locus: "generator", title: "the load generator is out of memory" },
  { id: "generator-network", locus: "generator", title: "the network of one worker is slow" },
  { id: "results-missing", locus: "generator", title: "results of workers are missing" },
  { id: "clock-skew", locus: "generator", title: "the clock of one worker is off" },
  { id: "closed-loop", locus: "client-script", title: "messages wait for the replies to those before them" },
  { id: "worker-lost", locus: "generator", title: "a worker was lost" },
  { id: "unknown", locus: "unknown", title: "none of the known causes fits" },
] as const satisfies readonly CauseEntry[];

export type CauseId = (typeof CAUSES)[number]["id"];
type Cause = CauseEntry & { readonly id: CauseId };

const BY_ID: ReadonlyMap<string, Cause> = new Map(CAUSES.map((cause) => [cause.id, cause]));

export function causeOf(id: CauseId): Cause {
  return BY_ID.get(id) as Cause;
}

/** null for an id that a later build has given, or none. */
export function causeId(id: string | null): CauseId | null {
  return BY_ID.get(id ?? "")?.id ?? null;
}

/** In words; null for an id that a later build has given, or none. */
export function causeTitle(id: string | undefined): string | null {
  return BY_ID.get(id ?? "")?.title ?? null;
}

/**
 * Detector: TCP connections to the service take one, two or more whole seconds, although those that are open are served at once: nobody
 * answered the SYN, and it was sent again. That is what a full accept queue does. Listed in ../registry.ts. Source of the times: RFC 6298
 * (first retransmission after 1 s), and Linux, which sends a SYN again after each of the next seconds, or after 2 and 4 more. Invariant: a
 * service that takes nobody any more has another cause (cap.ts), and so has one that is slow for everybody.
 */
import { isOnLoopback } from "../../../../shared/net/target-url.ts";
import { boundAt, type MergedHistogram } from "../../../../shared/stats/histogram.ts";
import { count, ms, partOf } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";

const SECOND_US = 1_000_000;
/** Slower ones are late; those late for want of a SYN take so much longer than whole seconds, at most. */
const LATE_US = 300_000;
const BEFORE_US = 10_000;
const BEYOND_US = 250_000;
const MOST_SECONDS = 16;
const LEAST_LATE = 10;
/** Of the connections made meanwhile; and of the late ones, those of whole seconds. */
const LEAST_SHARE = 0.1;
const WHOLE_SHARE = 0.8;
/** Of the late ones: connections that opened. */
const LEAST_OPENED = 0.5;
/** Overflows for each late one: other programs of the machine have some, too. */
const LEAST_COUNTED = 0.5;
/** Nine of ten answers on open connections, and so many of them at least. */
const FAST_US = 250_000;
const LEAST_ANSWERS = 20;

interface Late {
  readonly late: number;
  readonly connects: number;
  readonly from: number;
  readonly to: number;
  readonly slowestUs: number;
}

export const acceptQueue: Detector = {
  meta: {
    causes: ["accept-queue"],
    doc: "10 TCP connections or more, and a tenth of all meanwhile, take whole seconds (a SYN that is sent again), half as many get in, and open connections are answered within 250 ms; `certain` when the targets are on the workers' machine, whose kernel counts half as many overflows",
    explains: ["unknown", "zombie", "server-open-files"],
  },
  detect(signals) {
    const found = lateConnects(signals);
    if (found === null) return [];
    const opened = signals.rows
      .slice(found.from, found.to)
      .reduce((sum, row) => sum + row.opened, 0);
    if (opened < LEAST_OPENED * found.late) return [];
    const answers = answersIn(signals, found);
    if (answers !== null && answers.quantile(0.9) > FAST_US) return [];
    return [hypothesis(signals, found, answers)];
  },
};

function hypothesis(signals: Signals, found: Late, answers: MergedHistogram | null): Hypothesis {
  const { late, connects, from, to, slowestUs } = found;
  const overflows = overflowsIn(signals, found);
  const isCounted = overflows >= LEAST_COUNTED * late;
  const unaccepted = [...signals.of("tcp-timeout"), ...signals.of("upgrade-timeout")];
  return {
    cause: "accept-queue",
    confidence: answers === null ? "possible" : isCounted ? "certain" : "likely",
    sentence: `New connections wait to be accepted: ${partOf(late, connects)} took whole seconds, up to ${ms(slowestUs)}, from second ${from} to ${to}.`,
    evidence: [
      shownIn(
        `${count(late)} TCP connections took about 1, 2 or more whole seconds: a SYN stayed without an answer and was sent again.`,
        from,
        to,
      ),
      ...(answers === null
        ? []
        : [
            shownIn(
              `Nine of ten answers on open connections came within ${ms(answers.quantile(0.9))} meanwhile.`,
              from,
              to,
            ),
          ]),
      ...(overflows === 0
        ? []
        : [
            shownIn(
              `The kernel, which is the target's as well, counted ${count(overflows)} overflows of accept queues (\`nstat -az TcpExtListenOverflows\`; field \`kernel\` of the journal's frames).`,
              from,
              to,
            ),
          ]),
    ],
    against: [
      ...(isCounted
        ? []
        : ["A firewall or a balancer that drops some of the SYN packets looks alike."]),
      ...(answers === null ? ["How open connections were served meanwhile is not known."] : []),
    ],
    nextProbe:
      "Look at the queue on the target's machine while it happens (`ss -lnt`: Recv-Q against Send-Q), then raise its backlog and `net.core.somaxconn`, or open connections more slowly: they should be accepted at once.",
    from,
    to,
    impact: late,
    symptoms: unaccepted.filter(({ seconds }) => [...seconds.keys()].some((at) => at >= from)),
  };
}

/** null: hardly any was late, or not by whole seconds. */
function lateConnects(signals: Signals): Late | null {
  let [late, whole] = [0, 0];
  let [from, to, slowestUs] = [signals.rows.length, 0, 0];
  for (const { second } of signals.rows) {
    const times = signals.times("tcp", [second, second + 1]);
    if (times === null || times.max <= LATE_US) continue;
    late += times.count - (times.countsUpTo([boundAt(LATE_US)])[0] ?? 0);
    whole += wholeSeconds(times);
    from = Math.min(from, second);
    to = second + 1;
    slowestUs = Math.max(slowestUs, times.max);
  }
  const connects = signals.times("tcp", [from, to])?.count ?? 0;
  if (whole < LEAST_LATE || whole < WHOLE_SHARE * late || whole < LEAST_SHARE * connects)
    return null;
  return { late: whole, connects, from, to, slowestUs };
}

/** How many took 1 s, 2 s and so on, and a little. */
function wholeSeconds(times: MergedHistogram): number {
  const bounds = Array.from({ length: MOST_SECONDS }, (_, at) => (at + 1) * SECOND_US).flatMap(
    (us) => [boundAt(us - BEFORE_US), boundAt(us + BEYOND_US)],
  );
  const upTo = times.countsUpTo(bounds);
  return upTo.reduce((sum, seen, at) => (at % 2 === 1 ? sum + seen - (upTo[at - 1] ?? 0) : sum), 0);
}

/** Pings, or replies where there are none, on connections that were open; null: hardly any. */
function answersIn(signals: Signals, { from, to }: Late): MergedHistogram | null {
  const answers = signals.times("ping", [from, to]) ?? signals.times("service", [from, to]);
  return answers !== null && answers.count >= LEAST_ANSWERS ? answers : null;
}

/** Counted by the kernel of the workers, where that is the targets', too. */
function overflowsIn(signals: Signals, { from, to, slowestUs }: Late): number {
  if (!isOnLoopback(signals.fold.facts.scenario)) return 0;
  const { kernel } = signals.fold.merge.evidence;
  let overflows = 0;
  // What was late in its first second had been dropped before.
  for (let at = Math.max(0, from - Math.ceil(slowestUs / SECOND_US)); at < to; at++) {
    overflows += kernel.at(at, "listenOverflows") ?? 0;
  }
  return Math.round(overflows);
}

/**
 * The lists of counters as they were when frames did not name their dictionary yet (frames of version 1): what the
 * positions in such a frame mean. Used by frame-dictionary.ts. Invariant: nothing here ever changes, whatever becomes of
 * today's lists; run directories of those versions stay readable by it.
 */
import type { CounterLists } from "./counter-lists.ts";

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const FIRST_COUNTER_LISTS: CounterLists = {
  closes: words("plan stop peer abnormal protocol heartbeat close-timeout fenced migrated limit"),
  codes: words("upgrade-status close-code"),
  connectFailures: words(`
    dns tcp-refused tcp-timeout tcp-reset tcp-unreachable tls-certificate tls-handshake
    tls-timeout upgrade-status upgrade-invalid upgrade-timeout upgrade-reset generator-ports
    generator-fds generator-memory generator-stopped scenario-value
  `),
  failures: words(`
    dns tcp-refused tcp-timeout tcp-reset tcp-unreachable tls-certificate tls-handshake
    tls-timeout upgrade-status upgrade-invalid upgrade-timeout upgrade-reset generator-ports
    generator-fds generator-memory generator-stopped protocol close-code abnormal-close
    heartbeat-timeout close-timeout reply-timeout late lost duplicated reordered corrupt leaked
    scenario-value message-limit memory-limit unanswered scenario-cost message-unread
  `),
  health: words(`
    utilisation processCpu rssBytes heapUsedBytes heapLimitBytes sockets openFiles ports
    bufferedBytes gcCount loopLagMaxUs
  `),
  metrics: words(`
    latency service sendLag connect dns tcp tls upgrade ping loopLag gcPause openLag lifetime
  `),
  names: words("sent matched timedOut expected unanswered corruptReplies late discarded"),
  phases: words(`
    attempted established failed closed reconnects planned sent skippedNotOpen skippedBehind
    skippedBackpressure expected matched timedOut corruptReplies unanswered received late
    unsolicited lost duplicated reordered corrupt leaked bytesSent bytesReceived pings pongs
    dropped ambiguous discarded
  `),
  shards: words("attempted established failed closed open"),
  targets: words(`
    attempted established failed dropped reconnects sent expected matched timedOut unanswered
  `),
  ticks: words("open opened closed failed sent received"),
};

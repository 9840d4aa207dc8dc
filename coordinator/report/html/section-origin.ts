/**
 * The last sections: workers and environment, scenario and how to run it again. Called by page.ts. Invariant: what is
 * shown of a scenario had its secrets masked before it reached the run directory; a command that lacks masked values
 * says so.
 */
import { formatCount, formatMs, formatSeconds, NO_DATA } from "../format.ts";
import type { ReportModel } from "../model.ts";
import { formatMoment } from "../moment.ts";
import { html, line, lines, type Markup, NOTHING } from "./markup.ts";
import { empty, table } from "./table.ts";

const MAX_WORKERS = 200;

export function workersSection({ workers, origin, summary }: ReportModel): Markup {
  const { bus, versions, connections, shards, plannedSeconds, driver, targets } = origin;
  const facts: readonly (readonly [string, string])[] = [
    [
      "targets",
      targets
        .slice(0, 20)
        .map((url) => line(url))
        .join(", "),
    ],
    [
      "planned",
      `${formatCount(connections)} connections in ${formatCount(shards)} shards over ${formatSeconds(plannedSeconds)}`,
    ],
    ["transport between coordinator and workers", bus],
    ["socket driver", driver],
    [
      "versions",
      `onrush ${line(versions.onrush, 40)}, node ${line(versions.node, 40)}, wire ${versions.wire}`,
    ],
  ];
  return html`${workerTable(workers)}${lostTable(summary)}
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function workerTable(workers: ReportModel["workers"]): Markup {
  if (workers.length === 0) return empty("No worker took part.");
  const rows = workers
    .slice(0, MAX_WORKERS)
    .map((worker) => [
      line(worker.id, 60),
      line(worker.host, 60),
      line(worker.lost === null ? worker.end : `lost: ${worker.lost}`, 200),
      formatCount(worker.engines),
      formatCount(worker.peakConnections),
      worker.cpu === null ? NO_DATA : `${worker.cpu.toFixed(2)} cores`,
      formatMs(worker.startSkewMs),
      formatMs(worker.loopLagMs?.p99 ?? null),
      formatMs(worker.loopLagMs?.max ?? null),
      worker.saturatedSeconds === 0
        ? "none"
        : html`<span class="bad">${formatSeconds(worker.saturatedSeconds)}</span>`,
      formatCount(worker.frames),
    ]);
  const head = [
    "worker",
    "host",
    "end",
    "engines",
    "peak open",
    "CPU, mean",
    "began late by",
    "loop lag p99",
    "loop lag max",
    "saturated",
    "frames",
  ];
  const more = workers.length - MAX_WORKERS;
  return html`${table({ name: "Workers", head, texts: 3 }, rows)}${more > 0 ? html`<p class="note">and ${more} more, in summary.json</p>` : NOTHING}`;
}

export function scenarioSection({ origin, summary }: ReportModel): Markup {
  const { seed, planHash, createdAt, scenarioText, scenarioCutChars, incompleteCommand } = origin;
  return html`<p class="lead">The same scenario and seed give the same plan: who opens when, who sends what and when.</p>
<h3>Run it again</h3>
<pre class="command"><code>${line(origin.commandLine, 4000)}</code></pre>
${incompleteCommand ? html`<p class="note">Values shown as *** are not kept; put them in.</p>` : NOTHING}
<dl class="facts"><div><dt>run</dt><dd><code>${line(summary.run, 200)}</code></dd></div><div><dt>seed</dt><dd>${seed}</dd></div><div><dt>plan</dt><dd><code>${line(planHash, 80)}</code></dd></div><div><dt>created</dt><dd>${formatMoment(createdAt)}</dd></div></dl>
<h3>Scenario, as given</h3>
${
  scenarioText === null
    ? empty("The run directory holds no scenario.yaml any more.")
    : html`<details open><summary>scenario.yaml, secrets masked</summary><pre class="scroll" tabindex="0"><code>${lines(scenarioText)}</code></pre></details>`
}${scenarioCutChars > 0 ? html`<p class="note">${formatCount(scenarioCutChars)} characters more are in scenario.yaml.</p>` : NOTHING}`;
}

const RECOVERY = {
  "none-needed": "it held no load",
  open: "nobody took its load over",
  recovered: "others took its load over",
  dropped: "its load was dropped, as told",
} as const;

/** What lost workers may have done unseen. */
function lostTable({ lostWorkers }: ReportModel["summary"]): Markup {
  if (lostWorkers.length === 0) return NOTHING;
  const rows = lostWorkers
    .slice(0, MAX_WORKERS)
    .map(({ id, recovery, atMs, connectionsOpen, opensAtMost, messagesAtMost, disturbed }) => [
      line(id, 60),
      RECOVERY[recovery],
      atMs === null ? "before the start" : formatSeconds(atMs / 1000),
      formatCount(connectionsOpen),
      formatCount(opensAtMost),
      formatCount(messagesAtMost),
      disturbed === null
        ? "none"
        : `${formatSeconds(disturbed.from / 1000)} to ${disturbed.to === null ? "the end" : formatSeconds(disturbed.to / 1000)}`,
    ]);
  const head = [
    "worker",
    "load",
    "lost at",
    "open then",
    "unseen opens, at most",
    "unseen messages, at most",
    "left out of thresholds",
  ];
  return html`<h3>Lost workers</h3>${table({ name: "Lost workers", head, texts: 2 }, rows)}`;
}

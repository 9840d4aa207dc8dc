/**
 * Routes of a run's results, from its directory: also of one that goes on, and of earlier processes. Registered by
 * server.ts. Invariant: everything is a fold of the journal, as `onrush report` shows it.
 */
import type { FastifyInstance } from "fastify";
import { compareRuns } from "../report/compare-runs.ts";
import { REPORT_POLICY } from "../report/html/page.ts";
import { render } from "../report/outputs.ts";
import { type RebuiltRun, rebuildRun } from "../report/rebuild.ts";
import type { Summary } from "../report/summary-schema.ts";
import { timelineCsv } from "../report/timeline-csv.ts";
import type { Service } from "../service/service.ts";
import { readJournal } from "../store/journal-reader.ts";
import { runPath } from "../store/run-directory.ts";
import { HttpProblem } from "./problem.ts";
import { runInfo } from "./run-info.ts";
import { noRun, sendText, type WithId } from "./runs.ts";

const REPORTS = [
  { ending: "html", kind: "html", type: "text/html" },
  { ending: "md", kind: "md", type: "text/markdown" },
  { ending: "xml", kind: "junit", type: "application/xml" },
  { ending: "pdf", kind: "pdf", type: "application/pdf" },
] as const;

/** Whoever asks judges by the answer. */
const NO_RULES = { rules: [], failInconclusive: false, despite: new Set<never>() };

/** Events handed out at once. */
const MAX_EVENTS = 10_000;

const viewer = (summary: string) => ({
  config: { role: "viewer" as const },
  schema: { summary, tags: ["results"] },
});

export function resultRoutes(app: FastifyInstance, service: Service): void {
  const known = async (id: string) => {
    if ((await runInfo(service, id)) === null) throw noRun(id);
  };
  compareRoute(app, service);
  const rebuilt = rebuilder(service);

  app.get<WithId>("/runs/:id/summary", viewer("summary.json so far"), async ({ params: { id } }) =>
    summaryOf(service, id, rebuilt),
  );

  app.get<WithId>("/runs/:id/report.json", viewer("summary.json"), async ({ params: { id } }) => {
    await known(id);
    const summary = await finalSummary(service, id);
    if (summary === null) throw notYet(id);
    return summary;
  });

  for (const { ending, kind, type } of REPORTS) {
    const schema = viewer(`The report as ${kind}, so far`);
    app.get<WithId>(`/runs/:id/report.${ending}`, schema, async ({ params: { id } }, reply) => {
      const content = await render(kind, (await rebuilt(id)).model);
      // The page brings a policy of its own, stricter than the one of the API's description.
      if (kind === "html") reply.header("content-security-policy", REPORT_POLICY);
      return typeof content === "string"
        ? sendText(reply, type, content)
        : reply.type(type).send(content);
    });
  }

  app.get<WithId>("/runs/:id/report.csv", viewer("timeline.csv"), async ({ params }, reply) => {
    await known(params.id);
    if (!(await isOver(service, params.id))) throw notYet(params.id);
    const text = await service.archive.read(params.id, "timeline.csv");
    if (text === null) throw notYet(params.id);
    return sendText(reply, "text/csv", text);
  });

  app.get<WithId>("/runs/:id/timeline", viewer("A row per second, CSV"), async (request, reply) => {
    const { fold } = await rebuilt(request.params.id);
    return sendText(reply, "text/csv", [...timelineCsv(fold)].join(""));
  });

  app.get<WithId>("/runs/:id/failures", viewer("Failures by kind"), async ({ params: { id } }) => ({
    failures: (await summaryOf(service, id, rebuilt)).failures,
  }));

  app.get<WithId>("/runs/:id/plan", viewer("What was planned"), async ({ params: { id } }) => {
    const { planHash, connections, shards, durationUs, plannedOpens, plannedOpen } = (
      await rebuilt(id)
    ).fold.facts;
    const durationSeconds = durationUs / 1_000_000;
    return { hash: planHash, connections, shards, durationSeconds, plannedOpens, plannedOpen };
  });

  app.get<WithId>("/runs/:id/events", viewer("What happened"), async ({ params: { id } }) => {
    await known(id);
    const events: unknown[] = [];
    let omitted = 0;
    for await (const record of readJournal(runPath.journal(service.archive.directoryOf(id)))) {
      if (record.type !== "event") continue;
      if (events.length < MAX_EVENTS) events.push(record.event);
      else omitted++;
    }
    return { events, omitted };
  });

  app.get<WithId>(
    "/runs/:id/scenario",
    viewer("As given, secrets masked"),
    async ({ params }, reply) => {
      await known(params.id);
      const text = await service.archive.read(params.id, "scenario.yaml");
      if (text === null) throw noRun(params.id);
      return sendText(reply, "application/yaml", text);
    },
  );
}

function compareRoute(app: FastifyInstance, service: Service): void {
  app.get<{ Params: { id: string; other: string } }>(
    "/runs/:id/compare/:other",
    viewer("What changed from another run to this one"),
    async ({ params: { id, other } }) => {
      for (const run of [id, other]) {
        if ((await runInfo(service, run)) === null) throw noRun(run);
        if (!(await isOver(service, run))) throw notYet(run);
      }
      const directories = [other, id].map((run) => service.archive.directoryOf(run));
      const [baseline = "", candidate = ""] = directories;
      return compareRuns({ baseline: [baseline], candidate: [candidate], ...NO_RULES });
    },
  );
}

type Rebuild = (id: string) => Promise<RebuiltRun>;

/** Rebuilds runs from their journals; who asks for a run that is being rebuilt waits for that. */
function rebuilder(service: Service): Rebuild {
  const going = new Map<string, Promise<RebuiltRun>>();
  return async (id) => {
    if ((await runInfo(service, id)) === null) throw noRun(id);
    const known = going.get(id);
    if (known !== undefined) return known;
    const rebuilding = rebuildRun(service.archive.directoryOf(id)).finally(() => going.delete(id));
    going.set(id, rebuilding);
    return rebuilding;
  };
}

/** Of a run that is over as it was written, of one that goes on from what there is. */
async function summaryOf(service: Service, id: string, rebuilt: Rebuild) {
  const written = await finalSummary(service, id);
  if (written !== null) return { ...written, incomplete: false };
  const { summary, incomplete } = await rebuilt(id);
  return { ...summary, incomplete };
}

async function finalSummary(service: Service, id: string): Promise<Summary | null> {
  return (await isOver(service, id)) ? service.archive.summary(id) : null;
}

async function isOver(service: Service, id: string): Promise<boolean> {
  return (await runInfo(service, id))?.exitCode != null;
}

function notYet(id: string): HttpProblem {
  return new HttpProblem(404, `run ${id.slice(0, 100)} has no report, or not yet`);
}

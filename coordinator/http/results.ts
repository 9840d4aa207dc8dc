/**
 * Routes of a run's results, from its directory: also of one that goes on, and of earlier processes. Registered by
 * server.ts. Invariant: everything is a fold of the journal, as `onrush report` shows it.
 */
import type { FastifyInstance } from "fastify";
import { rebuildRun } from "../report/rebuild.ts";
import { timelineCsv } from "../report/timeline-csv.ts";
import type { Service } from "../service/service.ts";
import { readJournal } from "../store/journal-reader.ts";
import { runPath } from "../store/run-directory.ts";
import { HttpProblem } from "./problem.ts";
import { noRun, sendText } from "./runs.ts";

type WithId = { Params: { id: string } };
const MAX_EVENTS = 10_000;

export function resultRoutes(app: FastifyInstance, service: Service): void {
  const viewer = (summary: string) => ({
    config: { role: "viewer" as const },
    schema: { summary, tags: ["results"] },
  });
  const rebuilt = async (id: string) => {
    if ((await service.archive.get(id)) === null) throw noRun(id);
    return rebuildRun(service.archive.directoryOf(id));
  };

  app.get<WithId>("/runs/:id/summary", viewer("summary.json so far"), async ({ params: { id } }) =>
    summaryOf(await rebuilt(id)),
  );

  app.get<WithId>("/runs/:id/report.json", viewer("summary.json"), async ({ params: { id } }) => {
    const text = await service.archive.read(id, "summary.json");
    if (text === null) throw notYet(id);
    return JSON.parse(text) as unknown;
  });

  app.get<WithId>("/runs/:id/report.csv", viewer("timeline.csv"), async ({ params }, reply) => {
    const text = await service.archive.read(params.id, "timeline.csv");
    if (text === null) throw notYet(params.id);
    return sendText(reply, "text/csv", text);
  });

  app.get<WithId>("/runs/:id/timeline", viewer("A row per second, CSV"), async (request, reply) => {
    const { fold } = await rebuilt(request.params.id);
    return sendText(reply, "text/csv", [...timelineCsv(fold)].join(""));
  });

  app.get<WithId>("/runs/:id/failures", viewer("Failures by kind"), async ({ params: { id } }) => ({
    failures: (await rebuilt(id)).summary.failures,
  }));

  app.get<WithId>("/runs/:id/plan", viewer("What was planned"), async ({ params: { id } }) => {
    const { planHash, connections, shards, durationUs, plannedOpens, plannedOpen } = (
      await rebuilt(id)
    ).fold.facts;
    const durationSeconds = durationUs / 1_000_000;
    return { hash: planHash, connections, shards, durationSeconds, plannedOpens, plannedOpen };
  });

  app.get<WithId>("/runs/:id/events", viewer("What happened"), async ({ params: { id } }) => {
    if ((await service.archive.get(id)) === null) throw noRun(id);
    const events: unknown[] = [];
    for await (const record of readJournal(runPath.journal(service.archive.directoryOf(id)))) {
      if (record.type === "event" && events.length < MAX_EVENTS) events.push(record.event);
    }
    return { events };
  });

  app.get<WithId>(
    "/runs/:id/scenario",
    viewer("As given, secrets masked"),
    async ({ params }, reply) => {
      const text = await service.archive.read(params.id, "scenario.yaml");
      if (text === null) throw noRun(params.id);
      return sendText(reply, "application/yaml", text);
    },
  );
}

function summaryOf({ summary, incomplete }: Awaited<ReturnType<typeof rebuildRun>>) {
  return { ...summary, incomplete };
}

function notYet(id: string): HttpProblem {
  return new HttpProblem(404, `run ${id.slice(0, 100)} has no report, or not yet`);
}

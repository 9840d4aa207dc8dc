/**
 * Routes of a run's results. Registered by server.ts. Of a run that goes on here they come from the fold it keeps; of one
 * that is over, from its files; everything else is made in another process (service/rendering.ts), in line.
 * Invariant: everything is a fold of the journal, as `onrush report` shows it, and no request costs the loop more for a
 * longer run.
 */
import { createReadStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";
import { REPORT_POLICY } from "../../report/html/page.ts";
import type { ReportContent, ReportJob } from "../../report/jobs.ts";
import { OUTPUT_FILES } from "../../report/outputs.ts";
import { readRunFacts } from "../../report/rebuild.ts";
import type { Summary } from "../../report/summary-schema.ts";
import type { Service } from "../../service/service.ts";
import { HttpProblem } from "../problem.ts";
import { runInfo } from "./run-info.ts";
import { noRun, sendText, type WithId } from "./runs.ts";

const REPORTS = [
  { ending: "html", kind: "html", type: "text/html" },
  { ending: "md", kind: "md", type: "text/markdown" },
  { ending: "xml", kind: "junit", type: "application/xml" },
  { ending: "csv", kind: "csv", type: "text/csv" },
  { ending: "pdf", kind: "pdf", type: "application/pdf" },
] as const;

const CSV = "text/csv";
/** A report is waited for so long; then whoever asked comes back. */
const WAIT_MS = 60_000;
const RETRY_SECONDS = 5;

const viewer = (summary: string) => ({
  config: { role: "viewer" as const },
  schema: { summary, tags: ["results"] },
});

export function resultRoutes(app: FastifyInstance, service: Service): void {
  summaryRoutes(app, service);
  timelineRoutes(app, service);
  reportRoutes(app, service);
  compareRoute(app, service);

  app.get<WithId>("/runs/:id/plan", viewer("What was planned"), async ({ params: { id } }) => {
    await known(service, id);
    const live = service.entry(id)?.results;
    const facts = live?.facts ?? (await readRunFacts(service.archive.directoryOf(id)));
    const { planHash, connections, shards, durationUs, plannedOpens, plannedOpen } = facts;
    const durationSeconds = durationUs / 1_000_000;
    return { hash: planHash, connections, shards, durationSeconds, plannedOpens, plannedOpen };
  });

  app.get<WithId>("/runs/:id/events", viewer("What happened"), async ({ params }, reply) => {
    await known(service, params.id);
    const directory = service.archive.directoryOf(params.id);
    return sendJson(reply, await made(service, { kind: "events", directory }));
  });

  const scenario = viewer("As given, secrets masked");
  app.get<WithId>("/runs/:id/scenario", scenario, async ({ params: { id } }, reply) => {
    await known(service, id);
    const text = await service.archive.read(id, "scenario.yaml");
    if (text === null) throw noRun(id);
    return sendText(reply, "application/yaml", text);
  });
}

function summaryRoutes(app: FastifyInstance, service: Service): void {
  app.get<WithId>("/runs/:id/summary", viewer("summary.json so far"), async ({ params: { id } }) =>
    summaryOf(service, id),
  );

  app.get<WithId>("/runs/:id/report.json", viewer("summary.json"), async ({ params: { id } }) => {
    await known(service, id);
    const summary = await finalSummary(service, id);
    if (summary === null) throw notYet(id);
    return summary;
  });

  app.get<WithId>("/runs/:id/failures", viewer("Failures by kind"), async ({ params: { id } }) => ({
    failures: (await summaryOf(service, id)).failures,
  }));
}

function timelineRoutes(app: FastifyInstance, service: Service): void {
  app.get<WithId>("/runs/:id/timeline", viewer("A row per second, CSV"), async (request, reply) => {
    const { id } = request.params;
    await known(service, id);
    const live = service.entry(id)?.results;
    if (live != null) return sendText(reply, CSV, await live.timeline());
    const file = { name: "timeline.csv", type: CSV };
    if ((await isOver(service, id)) && (await sendFile(reply, service, id, file))) return reply;
    const directory = service.archive.directoryOf(id);
    return sendText(reply, CSV, String(await made(service, { kind: "timeline", directory })));
  });
}

function reportRoutes(app: FastifyInstance, service: Service): void {
  for (const { ending, kind, type } of REPORTS) {
    const schema = viewer(`The report as ${kind}, so far`);
    app.get<WithId>(`/runs/:id/report.${ending}`, schema, async ({ params: { id } }, reply) => {
      await known(service, id);
      // The page brings a policy of its own, stricter than the one of the API's description.
      if (kind === "html") reply.header("content-security-policy", REPORT_POLICY);
      const file = { name: OUTPUT_FILES[kind], type };
      const fits = kind !== "html" || (await pageFits(service, id));
      if (fits && (await isOver(service, id)) && (await sendFile(reply, service, id, file))) {
        return reply;
      }
      const directory = service.archive.directoryOf(id);
      const content = await made(service, { kind: "render", directory, format: kind });
      return typeof content === "string"
        ? sendText(reply, type, content)
        : reply.type(type).send(content);
    });
  }
}

function compareRoute(app: FastifyInstance, service: Service): void {
  app.get<{ Params: { id: string; other: string } }>(
    "/runs/:id/compare/:other",
    viewer("What changed from another run to this one"),
    async ({ params: { id, other } }, reply) => {
      for (const run of [id, other]) {
        await known(service, run);
        if (!(await isOver(service, run))) throw notYet(run);
      }
      const [baseline, candidate] = [other, id].map((run) => service.archive.directoryOf(run));
      const sides = { baseline: baseline ?? "", candidate: candidate ?? "" };
      return sendJson(reply, await made(service, { kind: "compare", ...sides }));
    },
  );
}

/** @throws HttpProblem 503 when too many reports wait, or this one takes long; what the job throws */
async function made(
  { rendering }: Service,
  job: Exclude<ReportJob, { kind: "write" }>,
): Promise<ReportContent> {
  const asked = await rendering.ask(job, WAIT_MS);
  if (typeof asked === "object") return asked.content;
  const why = asked === "busy" ? "too many reports are waited for" : "the report is being made";
  throw new HttpProblem(503, why, {
    remedy: "Ask again: what was made meanwhile is answered at once.",
    retryAfterSeconds: RETRY_SECONDS,
  });
}

/** As the run wrote it at its end. @returns false when it is not there */
async function sendFile(
  reply: FastifyReply,
  service: Service,
  id: string,
  { name, type }: { readonly name: string; readonly type: string },
): Promise<boolean> {
  const path = join(service.archive.directoryOf(id), name);
  const file = await open(path, "r").catch(() => null);
  if (file === null) return false;
  const text = type.startsWith("application/pdf") ? type : `${type}; charset=utf-8`;
  void reply.type(text).send(createReadStream(path, { fd: file }));
  return true;
}

/** A page of another version has another script than the policy lets run. */
async function pageFits({ archive }: Service, id: string): Promise<boolean> {
  const page = await readFile(join(archive.directoryOf(id), OUTPUT_FILES.html), "utf8").catch(
    () => "",
  );
  return page.includes(REPORT_POLICY.replaceAll("'", "&#39;"));
}

function sendJson(reply: FastifyReply, content: ReportContent): FastifyReply {
  return reply.type("application/json; charset=utf-8").send(content);
}

async function known(service: Service, id: string): Promise<void> {
  if ((await runInfo(service, id)) === null) throw noRun(id);
}

/** Of a run that is over as it was written, of one that goes on from what there is. */
async function summaryOf(
  service: Service,
  id: string,
): Promise<Summary & { readonly incomplete: boolean }> {
  await known(service, id);
  const live = service.entry(id)?.results;
  if (live != null) return { ...live.summary(), incomplete: true };
  const written = await finalSummary(service, id);
  if (written !== null) return { ...written, incomplete: false };
  const directory = service.archive.directoryOf(id);
  return JSON.parse(String(await made(service, { kind: "summary", directory })));
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

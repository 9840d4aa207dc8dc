/**
 * What a browser finds at the coordinator's address: what this is, and where to go from here; and how /docs looks.
 * Registered by server.ts. Invariant: it tells nothing that takes a token, asks for nothing from elsewhere and runs no script.
 */
import type { FastifyInstance } from "fastify";
import { VERSION } from "../../../shared/version.ts";

const LINKS = [
  ["/docs", "the HTTP API, to read and to try"],
  ["/openapi.json", "its description, OpenAPI 3.1"],
  [
    "/api/v1/runs",
    "the runs, the newest first; the report of one is at /api/v1/runs/ID/report.html",
  ],
  ["/api/v1/workers", "the workers of the cluster"],
  ["/metrics", "for Prometheus"],
  ["/livez", "whether this process is of use"],
  ["/readyz", "whether it can start runs now"],
] as const;

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="32"><text x="0" y="23" font-family="sans-serif" font-size="22" font-weight="700" fill="#fff">Onrush</text></svg>`;

/** Options of the pages at /docs. */
export const DOCS_LOOK = {
  logo: { type: "image/svg+xml", content: LOGO, href: "/", target: "_self" },
  theme: { title: "Onrush: HTTP API" },
} as const;

/** First words of the API's description. */
export const API_DESCRIPTION =
  "Start, watch, scale and stop load tests of WebSocket services, and read their results. " +
  "A run is submitted as a scenario (YAML or JSON) to POST /runs and followed at /runs/{id}/stream; its report is at " +
  "/runs/{id}/report.html. Where tokens are needed, they are sent as `Authorization: Bearer …`. Errors are RFC 9457 problems.";

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Onrush coordinator</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44em;margin:3em auto;padding:0 1em}dt{font-family:monospace}dd{margin:0 0 .6em 1.5em}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#8bf}}</style></head>
<body><h1>Onrush coordinator</h1>
<p>Version ${VERSION}. It runs load tests of WebSocket services on the workers of its cluster. From a shell:
<code>onrush submit scenario.yaml --coordinator URL --watch</code>, with the address of this page as URL.</p>
<dl>${LINKS.map(([path, what]) => `<dt><a href="${path}">${path}</a></dt><dd>${what}</dd>`).join("\n")}</dl>
</body></html>
`;

export function frontPage(app: FastifyInstance): void {
  app.get("/", { config: { role: null }, schema: { hide: true } }, async (_, reply) =>
    reply.type("text/html; charset=utf-8").send(PAGE),
  );
}

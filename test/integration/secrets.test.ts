/**
 * Goal: a secret of the scenario that the target says back is in no file, on no terminal and in no output, in whatever
 * encoding. Method: a server of our own that repeats it in close reasons and refused handshakes; the whole run directory
 * is searched.
 */
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { onrush, scratch } from "../support/programs.ts";

const SECRET = "S3cr3t-Zebra_Umbrella/9981";

const FORMS: Readonly<Record<string, string>> = {
  plain: SECRET,
  "upper case": SECRET.toUpperCase(),
  "percent-encoded": encodeURIComponent(SECRET),
  "every byte percent-encoded": Buffer.from(SECRET).toString("hex").replace(/../g, "%$&"),
  "escaped slashes": JSON.stringify({ token: SECRET }).replaceAll("/", "\\/"),
  base64: Buffer.from(`user:${SECRET}`).toString("base64"),
  hexadecimal: Buffer.from(SECRET).toString("hex"),
  "cut off": SECRET.slice(0, 9),
};

/** What of a secret must not be found, in lower case: longer than what the words around it could hold by chance. */
const TRACES = [
  ...["zebra", "umbrella", "s3cr3t-z"],
  ...[SECRET, `user:${SECRET}`].map((text) => Buffer.from(text).toString("base64").slice(8, 20)),
  Buffer.from(SECRET).toString("hex").slice(0, 12),
].map((trace) => trace.toLowerCase());

/** Every second connection is refused, the others closed; each with one of the forms of the secret. */
async function repeatingServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const forms = Object.values(FORMS);
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  let asked = 0;
  server.on("upgrade", (request, socket, head) => {
    const form = forms[Math.floor(asked / 2) % forms.length] ?? "";
    if (asked++ % 2 === 0) {
      sockets.handleUpgrade(request, socket, head, (open) =>
        open.close(4401, `bad token ${form}`.slice(0, 123)),
      );
      return;
    }
    const place = `/login?from=${encodeURIComponent(form)}`;
    socket.end(`HTTP/1.1 401 no ${form}\r\nLocation: ${place}\r\nContent-Length: 0\r\n\r\n`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      for (const open of sockets.clients) open.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function filesUnder(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

it.each(["lean", "ws"])(
  "a secret the target repeats is masked everywhere, driver %s",
  async (driver) => {
    await using server = await repeatingServer();
    using folder = scratch();
    const file = join(folder.path, "secret.yaml");
    writeFileSync(
      file,
      `
version: 1
name: secret
vars: { token: { env: TOKEN, secret: true } }
target: ${server.url}?t={{vars.token}}
connect:
  driver: ${driver}
  headers: { authorization: "Bearer {{vars.token}}" }
load: [{ phase: ramp, ramp: linear, to: 40, over: 1s }, { phase: hold, hold: 1s }]
`,
    );
    const run = join(folder.path, "run");
    const outputs = ["--out", "md,csv,junit,html", "--summary", "full"];
    const { stdout, stderr } = await onrush(["run", file, "--run-dir", run, ...outputs], {
      env: { TOKEN: SECRET },
    });
    expect(stdout).toContain("401");
    expect(stdout).toContain("***");
    const texts = new Map([
      ["stdout", stdout],
      ["stderr", stderr],
      ...filesUnder(run).map((path) => [path, readFileSync(path, "latin1")] as const),
    ]);
    expect([...texts.keys()].filter((path) => path.endsWith("report.md"))).toHaveLength(1);
    for (const [path, text] of texts) {
      const found = TRACES.filter((trace) => text.toLowerCase().includes(trace));
      expect(found, path).toEqual([]);
    }
  },
);

/** Goal: explain shows every default and no secret. Method: a scenario with secrets in every place they fit. */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { explain } from "../../../coordinator/cli/explain.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";

const SECRET = "s3cr3t/with spaces+";
const SOURCE = `
version: 1
target: "ws://127.0.0.1:9001/chat"
vars: { token: { env: TOKEN, secret: true }, pin: { env: PIN, secret: true }, room: lobby }
data: { users: { csv: users.csv, pick: unique } }
connect: { headers: { authorization: "Bearer {{vars.token}}", x-room: "{{vars.room}}" } }
load: [{ phase: p, ramp: linear, to: 4, over: 1s }]
messages: { rate: 1/s, mix: [{ name: a, send: { json: { t: "{{vars.token}}" } } }] }
`;

describe("explain", () => {
  const rows = Array.from({ length: 9 }, (_, index) => `user${index},${SECRET}`).join("\n");
  const parsed = parseScenario(SOURCE, {
    fileName: "dir/chat.yaml",
    env: { TOKEN: SECRET, PIN: "1234" },
    readFile: () => Buffer.from(`name,password\n${rows}\n`),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const text = explain(parsed.scenario);

  it("is YAML with every default filled in", () => {
    expect(parse(text)).toMatchObject({
      name: "chat",
      seed: 1,
      connect: { timeoutUs: 10_000_000, driver: "lean", compression: false },
      integrity: { stamp: false },
    });
  });

  it("shows no secret in any form", () => {
    for (const form of [
      SECRET,
      encodeURIComponent(SECRET),
      Buffer.from(SECRET).toString("base64"),
    ]) {
      expect(text).not.toContain(form);
    }
    const shown = parse(text) as { vars: Record<string, unknown>; secretsMasked: number };
    expect(shown.vars).toEqual({ token: "***", pin: "***", room: "lobby" });
    expect(shown.secretsMasked).toBe(2);
  });

  it("shows the start of a table and how long it is", () => {
    const { data } = parse(text) as { data: { users: Record<string, unknown> } };
    expect(data.users).toEqual({
      pick: "unique",
      columns: ["name", "password"],
      rowCount: 9,
      firstRows: [0, 1, 2].map((index) => [`user${index}`, "***"]),
    });
  });
});

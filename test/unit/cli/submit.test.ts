/**
 * Goal: `onrush submit` sends nothing that a coordinator of an earlier build does not know, unless it was asked for. Method: the command, and a
 * server that keeps what it is sent.
 */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { answer } from "../../../coordinator/check/answer.ts";
import type { FileQuestion } from "../../../coordinator/check/question.ts";
import { submitCommand } from "../../../coordinator/cli/client/submit.ts";
import { readConfig } from "../../../coordinator/cli/config.ts";
import { type CliContext, makeContext } from "../../../coordinator/cli/context.ts";
import { scratch } from "../../support/programs.ts";

/** As `submit` of a build that knows no probe runs. */
const KEYS = [
  ...["env", "fileName", "files", "onBusLoss", "onWorkerLoss", "scenario", "set", "vars"],
  "workers",
];

/** @returns the envelope that is sent */
async function sent(flags: readonly string[]): Promise<Record<string, unknown>> {
  using folder = scratch();
  const file = join(folder.path, "s.json");
  const load = [{ phase: "a", ramp: "linear", to: 1, over: "1s" }];
  writeFileSync(file, JSON.stringify({ version: 1, target: "ws://127.0.0.1:1/", load }));
  let text = "";
  const server = createServer((request, response) => {
    request.on("data", (part: Buffer) => {
      text += part.toString();
    });
    request.on("end", () => response.writeHead(201).end('{"id":"a"}'));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const made = makeContext(readConfig({}));
  // In this process.
  const checker = {
    check: async (kind: "file", question: FileQuestion) => {
      const answered = answer({ kind, question });
      return answered.kind === "answer" ? answered.answer : Promise.reject(answered);
    },
  };
  const stdout = { write: () => true };
  const context = { ...made, stdout, checker } as unknown as CliContext;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const command = submitCommand(context, () => {});
    await command.parseAsync([file, "--coordinator", url, ...flags], { from: "user" });
  } finally {
    server.close();
    server.closeAllConnections();
  }
  return JSON.parse(text) as Record<string, unknown>;
}

it("a probe run is asked for only where it is wanted", async () => {
  const plain = await sent([]);
  expect(
    Object.keys(plain)
      .filter((key) => key !== "workersWithinSeconds")
      .sort(),
  ).toEqual(KEYS);
  expect(await sent(["--auto-probe"])).toMatchObject({ autoProbe: true });
});

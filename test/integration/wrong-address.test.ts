/**
 * Goal: whoever has the wrong address, or the wrong credentials, is told so, and where a redirect leads; with both drivers. Method: the built
 * command against the bundled target, which answers every upgrade so, or closes at the first message.
 */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { onrush, scratch, startTarget } from "../support/programs.ts";

/** Of the target: that this machine was too busy to be sure is said before. */
function firstCause(summary: Summary | null): Summary["findings"][number] | undefined {
  return summary?.findings.find(({ locus }) => locus !== "generator");
}

async function causeAt(behaviour: object, args: readonly string[] = []) {
  await using target = await startTarget(behaviour);
  using folder = scratch();
  const given = ["-c", "20", "-d", "2s", "--json", "--run-dir", join(folder.path, "run")];
  const run = await onrush(["run", target.url, ...given, ...args]);
  const found = firstCause(run.summary);
  if (found === undefined) throw new Error(run.stderr);
  return found;
}

const answered = (status: number, headers: Record<string, string> = {}) => ({
  upgrade: { refuse: [{ share: 1, status, headers }] },
});

describe.concurrent("an answer in place of a WebSocket", () => {
  it.each([
    [200, "wrong-address"],
    [404, "wrong-address"],
    [426, "wrong-address"],
  ])("%s is %s", async (status, cause) => {
    expect((await causeAt(answered(status))).id).toBe(cause);
  });

  it.each(["lean", "ws"])("a redirect says where it leads, and no secret: %s", async (driver) => {
    const location = "/login?token=s3cret-of-theirs";
    const found = await causeAt(answered(302, { Location: location }), ["--driver", driver]);
    expect(found).toMatchObject({ id: "redirected", confidence: "certain" });
    expect(found.evidence.join(" ")).toContain("lead to `/login…`");
    expect(JSON.stringify(found)).not.toContain("s3cret");
    expect(found.nextProbe).toContain("looks like a login");
  });

  it("close 4001 at the first message is about the credentials", async () => {
    const close = [{ afterMessages: 1, code: 4001, reason: "bad token" }];
    expect((await causeAt({ close })).id).toBe("not-authorised");
  });
});

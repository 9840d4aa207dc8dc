/** One thing the doctor looked at. Made by the files of this room, shown by the command line. */
export interface Check {
  readonly name: string;
  /** ok; warn: runs work, and something may bend or bound them; fail: it would stop a run. */
  readonly status: "ok" | "warn" | "fail";
  /** One line. What came from a target is escaped where it is shown. */
  readonly text: string;
  /** Commands or sentences that mend it; none when it is ok. */
  readonly remedies: readonly string[];
}

export function ok(name: string, text: string): Check {
  return { name, status: "ok", text, remedies: [] };
}

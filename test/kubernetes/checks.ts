/** What holds, what does not, and what could not be looked at: one line each. Used by main.ts and the suites. */

export class Checks {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  get failed(): number {
    return this.#failed;
  }

  /** @param look throws what is wrong; what it returns is printed when it is text */
  async check(what: string, look: () => Promise<unknown>): Promise<boolean> {
    const from = performance.now();
    try {
      const said = await look();
      this.#passed++;
      this.#print("ok  ", what, typeof said === "string" ? said : "", from);
      return true;
    } catch (error) {
      this.#failed++;
      this.#print("FAIL", what, error instanceof Error ? error.message : String(error), from);
      return false;
    }
  }

  skip(what: string, why: string): void {
    this.#skipped++;
    process.stdout.write(`skip  ${what}: ${why}\n`);
  }

  end(): void {
    process.stdout.write(
      `${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped\n`,
    );
  }

  #print(mark: string, what: string, said: string, from: number): void {
    const seconds = ((performance.now() - from) / 1000).toFixed(1);
    const lines = said === "" ? "" : `\n${said.replace(/^/gm, "      ")}`;
    process.stdout.write(`${mark}  ${what} (${seconds} s)${lines}\n`);
  }
}

/** @throws Error with every line, when there is one */
export function mustBeNone(wrong: readonly string[]): void {
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
}

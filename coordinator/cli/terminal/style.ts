/**
 * Decides, once per stream, whether colour and the redrawn live view are used, and hands out the
 * colours. Called by main.ts. Invariant: colour is decoration only; every line reads the same without.
 */
import picocolors from "picocolors";

export type Style = ReturnType<typeof picocolors.createColors>;

/** The environment's settings of terminals; absent variables are undefined. */
export interface TerminalSettings {
  readonly noColor: string | undefined;
  readonly forceColor: string | undefined;
  readonly ci: string | undefined;
  readonly term: string | undefined;
}

/**
 * NO_COLOR (not empty) wins, then FORCE_COLOR ("0" and "false" mean no), then: colour on a terminal that is
 * not TERM=dumb.
 */
export function wantsColour(settings: TerminalSettings, isTerminal: boolean): boolean {
  if (settings.noColor !== undefined && settings.noColor !== "") return false;
  if (settings.forceColor !== undefined && settings.forceColor !== "") {
    return settings.forceColor !== "0" && settings.forceColor !== "false";
  }
  return isTerminal && settings.term !== "dumb";
}

/** Where the live view would go. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** The redrawn view needs a terminal that can move its cursor and has a size, and a person before it (not CI). */
export function wantsLiveView(settings: TerminalSettings, screen: Screen): boolean {
  const inCi = settings.ci !== undefined && settings.ci !== "" && settings.ci !== "false";
  const sized = (screen.columns ?? 0) > 0 && (screen.rows ?? 0) > 0;
  return screen.isTTY === true && sized && settings.term !== "dumb" && !inCi;
}

export function makeStyle(colour: boolean): Style {
  return picocolors.createColors(colour);
}

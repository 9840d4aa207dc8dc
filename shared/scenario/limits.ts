/**
 * Limits of a scenario that other rooms state or keep as well. Imported by anybody; imports nothing, so that a command
 * line that only shows its help loads neither a schema nor a parser. Invariant: docs/scenario.md states the same numbers.
 */

/** Of the text of a scenario. */
export const MAX_FILE_BYTES = 1024 * 1024;
/** Data files that are read whole, all of a scenario together. */
export const MAX_DATA_BYTES = 64 * 1024 ** 2;
/** Values of data tables that connections use, all of a scenario together. */
export const MAX_KEPT_BYTES = 64 * 1024 ** 2;
/** Of the file that `hooks` names; it is part of the plan, which goes to every worker. */
export const MAX_HOOKS_BYTES = 256 * 1024;
/** Global connection indices of a run. */
export const MAX_CONNECTIONS = 5_000_000;
/** Of the `set` list. */
export const MAX_OVERRIDES = 1000;
/** Of one value of `set`. */
export const MAX_OVERRIDE_CHARS = 64 * 1024;
/** Data tables. */
export const MAX_TABLES = 100;
/** Kinds of users. */
export const MAX_ROLES = 100;
/** What all steps of flow.close together may take on a connection. */
export const MAX_CLOSE_STEPS_US = 30_000_000;
/** Items of a list, and names of a mapping, where nothing else is said. */
export const MAX_ITEMS = 1000;

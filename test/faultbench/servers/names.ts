/** The servers of the benchmark, by name. Called by the cases' schema and by registry.ts, which starts them. */
export const SERVER_NAMES = ["target", "ws", "python"] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

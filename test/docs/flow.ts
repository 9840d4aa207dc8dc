/** Values as YAML in one line, for examples in tables. Called by made-tables.ts and scenario-reference.ts. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(([key, child]) => `${plain(key)}: ${flow(child)}`);
    return `{ ${pairs.join(", ")} }`;
  }
  return typeof value === "string" ? plain(value) : String(value);
}

/** In quotes, where YAML would read something else, or a reader could. */
function plain(text: string): string {
  const isPlain = /^[A-Za-z0-9/][\w./%()+-]*( [\w.<>=%-]+)*$/.test(text) && !/^[\d.]+$/.test(text);
  return isPlain || /^(ws|http)s?:\/\/[\w./:-]+$/.test(text) ? text : JSON.stringify(text);
}

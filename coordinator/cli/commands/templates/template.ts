/** What every template of `onrush init` is. Read by the templates of this folder and their registry. */

export interface Template {
  /** For help, a few words. */
  readonly about: string;
  readonly text: string;
}

/** For editors; how Onrush was installed is not known here. */
export const HEAD = `# yaml-language-server: $schema=./scenario.schema.json
# (which comes from: onrush schema scenario > scenario.schema.json)
`;

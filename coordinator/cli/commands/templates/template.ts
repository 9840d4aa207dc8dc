/** What every template of `onrush init` is. Read by the templates of this folder and their registry. */

export interface Template {
  /** For help, a few words. */
  readonly about: string;
  readonly text: string;
}

/** One of the stress library: a kind of load, whatever the service. */
export interface StressTemplate extends Template {
  /** What a service has shown that passes it; a sentence for the reference. */
  readonly proves: string;
}

/** For editors; how Onrush was installed is not known here. */
export const HEAD = `# yaml-language-server: $schema=./scenario.schema.json
# (which comes from: onrush schema scenario > scenario.schema.json)
`;

/** A conversation to begin with, where the load is what matters. */
export const ECHO_MESSAGES = `messages:
  rate: 1/s                               # of each connection; put your service's messages in place of this one
  mix:
    - name: ping
      send: { binary: { size: 64, fill: random } }
      reply: { match: echo, within: 5s }
`;

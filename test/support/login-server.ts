/**
 * A service that wants a login: POST /login gives a token, an upgrade needs it in a header, the query, a cookie or a subprotocol,
 * or a resume token of an earlier connection. It keeps account of everything, so tests compare what a report says with it.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export interface LoginCounts {
  logins: number;
  refused: number;
  upgrades: number;
  upgradesRefused: number;
  resumed: number;
  messages: number;
  /** Of messages: those whose id is the resume token of a welcome. */
  notes: number;
  /** Messages that name another user than the connection's own. */
  foreign: number;
  /** TCP connections of requests, kept ones counted once. */
  sockets: number;
}

export interface LoginServerOptions {
  /** Each connection is closed after so many messages. */
  readonly closeAfter?: number;
  /** Answers a path of its own; true: it did. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse, body: string) => boolean;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Says a token back in messages, close reasons and every third refused upgrade. */
  readonly repeatsToken?: boolean;
  /** Each login makes the tokens of the user's earlier ones worthless. */
  readonly revokes?: boolean;
  /** What tokens are made of. */
  readonly tokenOf?: (user: string, login: number) => string;
}

export interface LoginServer extends AsyncDisposable {
  /** host:port. */
  readonly at: string;
  readonly counts: LoginCounts;
  /** How each upgrade was let in: user and way. */
  readonly entries: { readonly user: string; readonly by: string }[];
}

export async function startLoginServer(options: LoginServerOptions = {}): Promise<LoginServer> {
  const { closeAfter, answer, tls, repeatsToken = false, revokes = false } = options;
  const tokenOf = options.tokenOf ?? ((user, login) => `t-${user}-${login}`);
  const counts: LoginCounts = {
    ...{ logins: 0, refused: 0, upgrades: 0, upgradesRefused: 0, resumed: 0 },
    ...{ messages: 0, notes: 0, foreign: 0, sockets: 0 },
  };
  const entries: { user: string; by: string }[] = [];
  const tokens = new Map<string, string>();
  const resumes = new Map<string, string>();

  const login = (body: string, response: ServerResponse) => {
    const { user } = JSON.parse(body) as { user?: string };
    if (user === undefined || user.startsWith("bad")) {
      counts.refused++;
      json(response, 401, { error: `no such user: ${user}` });
      return;
    }
    for (const [known, of] of revokes ? [...tokens] : []) if (of === user) tokens.delete(known);
    const token = tokenOf(user, counts.logins++);
    tokens.set(token, user);
    response.setHeader("set-cookie", [`sid=${token}; Path=/; HttpOnly`, "theme=dark"]);
    json(response, 200, { token, user, profile: { id: user.length } });
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      if (answer?.(request, response, body)) return;
      if (request.method === "POST" && request.url === "/login") login(body, response);
      else json(response, 404, { error: "not found" });
    });
  };

  const server: Server =
    tls === undefined ? createServer(onRequest) : createSecureServer(tls, onRequest);
  server.on("connection", () => counts.sockets++);
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    const entry = entryOf(request, { tokens, resumes });
    const told = repeatsToken ? ` ${request.headers.authorization}` : "";
    const isThird = repeatsToken && (counts.upgrades + counts.upgradesRefused) % 3 === 2;
    if (entry === null || isThird) {
      counts.upgradesRefused++;
      socket.end(`HTTP/1.1 401 No${told}\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (open) => {
      counts.upgrades++;
      if (entry.by === "resume") counts.resumed++;
      entries.push(entry);
      const resume = `r/${entry.user}+${counts.upgrades}`;
      resumes.set(resume, entry.user);
      converse(open, { user: entry.user, resume, told });
      open.send(JSON.stringify({ type: "welcome", user: entry.user, resume }));
    });
  });

  const converse = (
    open: WebSocket,
    { user, resume, told }: { user: string; resume: string; told: string },
  ) => {
    let heard = 0;
    open.on("error", () => {});
    open.on("message", (data) => {
      counts.messages++;
      const message = JSON.parse(String(data)) as { id?: string; user?: string };
      if (message.id === resume) counts.notes++;
      if (message.user !== user) counts.foreign++;
      open.send(JSON.stringify({ type: "ack", id: message.id, user, resume }));
      if (repeatsToken) open.send(JSON.stringify({ type: "bad", told }));
      if (++heard === closeAfter) open.close(1012, `restart${told}`);
    });
  };

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    at: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    entries,
    async [Symbol.asyncDispose]() {
      for (const open of sockets.clients) open.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Who may enter, and by what. */
function entryOf(
  request: IncomingMessage,
  known: { readonly tokens: Map<string, string>; readonly resumes: Map<string, string> },
): { user: string; by: string } | null {
  const { searchParams } = new URL(request.url ?? "/", "ws://any");
  const { authorization, cookie, "sec-websocket-protocol": offered = "" } = request.headers;
  const protocol = offered.split(",").find((one) => one.trim().startsWith("bearer."));
  const resume = searchParams.get("resume");
  const resumed = resume === null ? undefined : known.resumes.get(resume);
  if (resumed !== undefined) return { user: resumed, by: "resume" };
  const given: Readonly<Record<string, string | undefined>> = {
    header: authorization?.replace("Bearer ", ""),
    query: searchParams.get("token") ?? undefined,
    subprotocol: protocol?.trim().slice("bearer.".length),
    cookie: /sid=([^;]*)/.exec(cookie ?? "")?.[1],
  };
  for (const [by, token] of Object.entries(given)) {
    const user = token === undefined ? undefined : known.tokens.get(token);
    if (user !== undefined) return { user, by };
  }
  return null;
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

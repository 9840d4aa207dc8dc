/**
 * What Redis does in one step, as Lua. Each script decides and writes atomically and may be carried out twice, because
 * the client sends again what it got no answer for. Used by the other files here. Invariant: all keys share one hash
 * tag, so a cluster keeps them on one node; repeating a call with the same content changes nothing more.
 */
import type { Redis } from "ioredis";

/** Milliseconds of the server's clock; counters of a fresh store start there, so they grow over a wipe too. */
const NOW_MS = `local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** One more than KEYS[at] ever was. */
const nextOf = (at: number) =>
  `redis.call("SET", KEYS[${at}], string.format("%.0f", now), "NX")
local next = redis.call("INCR", KEYS[${at}])
`;

const SCRIPTS = {
  /** counter, document; value, expected revision -> revision, or "conflict" */
  onrushPutDocument: {
    keys: 2,
    lua: `${NOW_MS}
local stored = redis.call("HMGET", KEYS[2], "revision", "previous", "value")
local current = stored[1] or "0"
if current ~= ARGV[2] then
  if stored[2] == ARGV[2] and stored[3] == ARGV[1] then return current end
  return "conflict"
end
${nextOf(1)}
next = string.format("%.0f", next)
redis.call("HSET", KEYS[2], "revision", next, "previous", current, "value", ARGV[1])
return next`,
  },
  /** counter, nonces, sessions, session prefix; info, nonce -> epoch */
  onrushOpenSession: {
    keys: 3,
    lua: `${NOW_MS}
local known = redis.call("HGET", KEYS[2], ARGV[2])
if known then return known end
${nextOf(1)}
local epoch = string.format("%.0f", next)
redis.call("HSET", KEYS[2], ARGV[2], epoch)
redis.call("HSET", KEYS[3], epoch, ARGV[1])
redis.call("HSET", ARGV[3] .. epoch, "renewed", string.format("%.0f", now), "status", "")
return epoch`,
  },
  /** sessions, session, mark of its end; epoch, status -> ok, gone or unknown */
  onrushRenewSession: {
    keys: 3,
    lua: `${NOW_MS}
if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 0 then
  if redis.call("EXISTS", KEYS[3]) == 1 then return "gone" end
  return "unknown"
end
redis.call("HSET", KEYS[2], "renewed", string.format("%.0f", now), "status", ARGV[2])
redis.call("HINCRBY", KEYS[2], "renewals", 1)
return "ok"`,
  },
  /** sessions, session, mark of its end, counter; epoch, info -> ok or gone */
  onrushResumeSession: {
    keys: 4,
    lua: `${NOW_MS}
if redis.call("EXISTS", KEYS[3]) == 1 then return "gone" end
if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 1 then return "ok" end
local counter = tonumber(redis.call("GET", KEYS[4]) or "0")
redis.call("SET", KEYS[4], string.format("%.0f", math.max(counter, now, tonumber(ARGV[1]))))
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
redis.call("HSET", KEYS[2], "renewed", string.format("%.0f", now), "status", "")
return "ok"`,
  },
  /** sessions, session, its claims, mark of its end; epoch, claims prefix, seconds the mark is kept */
  onrushEndSession: {
    keys: 4,
    lua: `redis.call("SET", KEYS[4], "1", "EX", ARGV[3])
for _, claim in ipairs(redis.call("SMEMBERS", KEYS[3])) do
  local lane, run = string.match(claim, "^(%d+) (.*)$")
  if redis.call("HGET", ARGV[2] .. run, lane) == ARGV[1] then redis.call("HDEL", ARGV[2] .. run, lane) end
end
redis.call("DEL", KEYS[2], KEYS[3])
redis.call("HDEL", KEYS[1], ARGV[1])
return 1`,
  },
  /** sessions; session prefix -> epoch, info, status, silent milliseconds, renewals, for each */
  onrushListSessions: {
    keys: 1,
    lua: `${NOW_MS}
local rows = {}
local all = redis.call("HGETALL", KEYS[1])
for at = 1, #all, 2 do
  local session = redis.call("HMGET", ARGV[1] .. all[at], "renewed", "status", "renewals")
  local silent = math.max(0, now - tonumber(session[1] or now))
  local row = { all[at], all[at + 1], session[2] or "", string.format("%.0f", silent), session[3] or "0" }
  rows[#rows + 1] = row
end
return rows`,
  },
  /** sessions, claims, the session's claims; epoch, lane, run -> 1 when the epoch holds it now */
  onrushClaim: {
    keys: 3,
    lua: `if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call("HSETNX", KEYS[2], ARGV[2], ARGV[1])
if redis.call("HGET", KEYS[2], ARGV[2]) ~= ARGV[1] then return 0 end
redis.call("SADD", KEYS[3], ARGV[2] .. " " .. ARGV[3])
return 1`,
  },
  /** claims, the session's claims; epoch, lane, run */
  onrushRelease: {
    keys: 2,
    lua: `if redis.call("HGET", KEYS[1], ARGV[2]) == ARGV[1] then redis.call("HDEL", KEYS[1], ARGV[2]) end
redis.call("SREM", KEYS[2], ARGV[2] .. " " .. ARGV[3])
return 1`,
  },
  /** lead; id, milliseconds -> who has it */
  onrushLead: {
    keys: 1,
    lua: `local holder = redis.call("GET", KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return ARGV[1]`,
  },
  /** lead; id */
  onrushReleaseLead: {
    keys: 1,
    lua: `if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("DEL", KEYS[1]) end
return 1`,
  },
  /** generation; a name for a new one -> its name */
  onrushGeneration: {
    keys: 1,
    lua: `redis.call("SET", KEYS[1], ARGV[1], "NX")
return redis.call("GET", KEYS[1])`,
  },
  /** log, writers; epoch, seq, body, most bytes, floor -> result */
  onrushAppend: {
    keys: 2,
    lua: `local epoch, seq = ARGV[1], tonumber(ARGV[2])
local writer = redis.call("HMGET", KEYS[2], "fenced " .. epoch, "last " .. epoch, "bytes")
if writer[1] then return "fenced" end
local last = tonumber(writer[2] or "-1")
if seq <= last then return "duplicate" end
local expected = last + 1
if last < 0 then expected = tonumber(ARGV[5]) end
if seq ~= expected then return "out-of-order" end
local bytes = tonumber(writer[3] or "0")
local size = #ARGV[3] + 128
if bytes > 0 and bytes + size > tonumber(ARGV[4]) then return "full" end
redis.call("XADD", KEYS[1], "*", "e", epoch, "s", ARGV[2], "b", ARGV[3])
redis.call("HSET", KEYS[2], "last " .. epoch, ARGV[2], "bytes", bytes + size)
return "ok"`,
  },
  /** log, writers; epoch, seq, body, most bytes -> result */
  onrushAppendLate: {
    keys: 2,
    lua: `local bytes = tonumber(redis.call("HGET", KEYS[2], "bytes") or "0")
local size = #ARGV[3] + 128
if bytes > 0 and bytes + size > tonumber(ARGV[4]) then return "full" end
redis.call("XADD", KEYS[1], "*", "e", ARGV[1], "s", ARGV[2], "b", ARGV[3], "l", "1")
redis.call("HSET", KEYS[2], "bytes", bytes + size)
return "ok"`,
  },
  /** log, writers; cursor, most entries -> how many are gone now */
  onrushAcknowledge: {
    keys: 2,
    lua: `local entries = redis.call("XRANGE", KEYS[1], "-", ARGV[1], "COUNT", ARGV[2])
local freed = 0
for _, entry in ipairs(entries) do
  local fields = entry[2]
  local field = "acknowledged " .. fields[2]
  local known = tonumber(redis.call("HGET", KEYS[2], field) or "-1")
  if tonumber(fields[4]) > known then redis.call("HSET", KEYS[2], field, fields[4]) end
  freed = freed + #fields[6] + 128
  redis.call("XDEL", KEYS[1], entry[1])
end
if freed > 0 then redis.call("HINCRBY", KEYS[2], "bytes", -freed) end
return #entries`,
  },
} as const;

export type ScriptName = keyof typeof SCRIPTS;

/** Makes the scripts commands of the client; it sends their text again when the server has forgotten them. */
export function defineScripts(client: Redis): void {
  for (const [name, { keys, lua }] of Object.entries(SCRIPTS)) {
    client.defineCommand(name, { numberOfKeys: keys, lua });
  }
}

/** Calls a script. Bytes come back as text; use it for answers that are text. */
export function callScript(
  client: Redis,
  name: ScriptName,
  values: readonly (string | number | Buffer)[],
): Promise<unknown> {
  const command = (client as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>)[
    name
  ];
  if (command === undefined) throw new TypeError(`script ${name} is not defined`);
  return command.apply(client, [...values]);
}

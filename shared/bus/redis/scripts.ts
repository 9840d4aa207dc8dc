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

/** What is not of the type it is to be was not written by any of us: it goes, before it fails every call. */
const OWN = `local function own(key, kind)
  local is = redis.call("TYPE", key).ok
  if is ~= "none" and is ~= kind then redis.call("DEL", key) end
end
`;

/** One more than KEYS[at] ever was. */
const nextOf = (at: number) =>
  `own(KEYS[${at}], "string")
if not tonumber(redis.call("GET", KEYS[${at}]) or "0") then redis.call("DEL", KEYS[${at}]) end
redis.call("SET", KEYS[${at}], string.format("%.0f", now), "NX")
local next = redis.call("INCR", KEYS[${at}])
`;

const SCRIPTS = {
  /** counter, document; value, expected revision -> revision, or "conflict" */
  onrushPutDocument: {
    keys: 2,
    lua: `${NOW_MS}${OWN}
own(KEYS[2], "hash")
local stored = redis.call("HMGET", KEYS[2], "revision", "previous", "value")
local current = stored[1] or "0"
if not string.match(current, "^%d+$") then current = "0" end
if current ~= ARGV[2] then
  if stored[2] == ARGV[2] and stored[3] == ARGV[1] then return current end
  return "conflict"
end
${nextOf(1)}
next = string.format("%.0f", next)
redis.call("HSET", KEYS[2], "revision", next, "previous", current, "value", ARGV[1])
return next`,
  },
  /** document; most bytes -> value ("" for one that is larger) and revision, or nothing */
  onrushGetDocument: {
    keys: 1,
    lua: `${OWN}
own(KEYS[1], "hash")
local revision = redis.call("HGET", KEYS[1], "revision")
if not revision then return false end
local size = redis.call("HSTRLEN", KEYS[1], "value")
if size == 0 or size > tonumber(ARGV[1]) then return { "", revision } end
return { redis.call("HGET", KEYS[1], "value"), revision }`,
  },
  /** counter, nonces, sessions, session prefix; info, nonce -> epoch */
  onrushOpenSession: {
    keys: 3,
    lua: `${NOW_MS}${OWN}
own(KEYS[2], "hash")
own(KEYS[3], "hash")
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
    lua: `${NOW_MS}${OWN}
own(KEYS[1], "hash")
own(KEYS[2], "hash")
if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 0 then
  if redis.call("EXISTS", KEYS[3]) == 1 then return "gone" end
  return "unknown"
end
redis.call("HSET", KEYS[2], "renewed", string.format("%.0f", now), "status", ARGV[2])
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
  local slice, run = string.match(claim, "^(%d+) (.*)$")
  if redis.call("HGET", ARGV[2] .. run, slice) == ARGV[1] then redis.call("HDEL", ARGV[2] .. run, slice) end
end
redis.call("DEL", KEYS[2], KEYS[3])
redis.call("HDEL", KEYS[1], ARGV[1])
return 1`,
  },
  /**
   * sessions; session prefix, cursor, most bytes of an info, of a status -> next cursor, then key, info, status and
   * silent milliseconds of some of them; what is larger comes as "-"
   */
  onrushScanSessions: {
    keys: 1,
    lua: `${NOW_MS}${OWN}
own(KEYS[1], "hash")
local found = redis.call("HSCAN", KEYS[1], ARGV[2], "COUNT", 256)
local rows = { found[1] }
for at = 1, #found[2], 2 do
  local key, info = found[2][at], found[2][at + 1]
  if #info > tonumber(ARGV[3]) then info = "-" end
  local status, silent = "", 0
  if #key <= 16 then
    local name = ARGV[1] .. key
    own(name, "hash")
    if redis.call("HSTRLEN", name, "status") > tonumber(ARGV[4]) then status = "-"
    else status = redis.call("HGET", name, "status") or "" end
    silent = math.max(0, now - (tonumber(redis.call("HGET", name, "renewed") or now) or now))
  end
  rows[#rows + 1] = { string.sub(key, 1, 64), info, status, string.format("%.0f", silent) }
end
return rows`,
  },
  /** sessions; session prefix, keys of records that are nobody's */
  onrushDropSessions: {
    keys: 1,
    lua: `for at = 2, #ARGV do
  redis.call("HDEL", KEYS[1], ARGV[at])
  redis.call("DEL", ARGV[1] .. ARGV[at])
end
return 1`,
  },
  /** sessions, claims, the session's claims; epoch, slice, run -> 1 when the epoch holds it now */
  onrushClaim: {
    keys: 3,
    lua: `if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call("HSETNX", KEYS[2], ARGV[2], ARGV[1])
if redis.call("HGET", KEYS[2], ARGV[2]) ~= ARGV[1] then return 0 end
redis.call("SADD", KEYS[3], ARGV[2] .. " " .. ARGV[3])
return 1`,
  },
  /** claims, the session's claims; epoch, slice, run */
  onrushRelease: {
    keys: 2,
    lua: `if redis.call("HGET", KEYS[1], ARGV[2]) == ARGV[1] then redis.call("HDEL", KEYS[1], ARGV[2]) end
redis.call("SREM", KEYS[2], ARGV[2] .. " " .. ARGV[3])
return 1`,
  },
  /** lead; text, milliseconds, text it may replace, most bytes -> what it says */
  onrushLead: {
    keys: 1,
    lua: `${OWN}
own(KEYS[1], "string")
if redis.call("STRLEN", KEYS[1]) > tonumber(ARGV[4]) then redis.call("DEL", KEYS[1]) end
local holder = redis.call("GET", KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[3] then return holder end
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
    lua: `${OWN}
own(KEYS[1], "stream")
own(KEYS[2], "hash")
local epoch, seq = ARGV[1], tonumber(ARGV[2])
local writer = redis.call("HMGET", KEYS[2], "fenced " .. epoch, "last " .. epoch, "bytes")
if writer[1] then return "fenced" end
local last = tonumber(writer[2] or "-1") or -1
if seq <= last then return "duplicate" end
local expected = last + 1
if last < 0 then expected = tonumber(ARGV[5]) end
if seq ~= expected then return "out-of-order" end
local bytes = tonumber(writer[3] or "0") or 0
local size = #ARGV[3] + 128
if bytes > 0 and bytes + size > tonumber(ARGV[4]) then return "full" end
redis.call("XADD", KEYS[1], "*", "e", epoch, "s", ARGV[2], "b", ARGV[3])
redis.call("HSET", KEYS[2], "last " .. epoch, ARGV[2], "bytes", bytes + size)
return "ok"`,
  },
  /** log, writers; epoch, seq, body, most bytes -> result */
  onrushAppendLate: {
    keys: 2,
    lua: `${OWN}
own(KEYS[1], "stream")
own(KEYS[2], "hash")
local bytes = tonumber(redis.call("HGET", KEYS[2], "bytes") or "0") or 0
local size = #ARGV[3] + 128
if bytes > 0 and bytes + size > tonumber(ARGV[4]) then return "full" end
redis.call("XADD", KEYS[1], "*", "e", ARGV[1], "s", ARGV[2], "b", ARGV[3], "l", "1")
redis.call("HSET", KEYS[2], "bytes", bytes + size)
return "ok"`,
  },
  /** log; start, most entries, most bytes of one, of all -> cursor, epoch, seq, "1" when late, body ("" when none) of each */
  onrushReadFrames: {
    keys: 1,
    lua: `${OWN}
own(KEYS[1], "stream")
local rows, from, bytes = {}, ARGV[1], 0
while #rows < tonumber(ARGV[2]) and bytes < tonumber(ARGV[4]) do
  local entry = redis.call("XRANGE", KEYS[1], from, "+", "COUNT", 1)[1]
  if not entry then break end
  local fields = entry[2]
  local row = { entry[1], "", "", "", "" }
  if fields[1] == "e" and fields[3] == "s" and fields[5] == "b" and #fields[2] + #fields[4] <= 32 then
    row[2], row[3] = fields[2], fields[4]
    if fields[7] == "l" then row[4] = "1" end
    if #fields[6] <= tonumber(ARGV[3]) then row[5] = fields[6] end
  end
  bytes = bytes + #row[5] + 128
  rows[#rows + 1] = row
  from = "(" .. entry[1]
end
return rows`,
  },
  /** log, writers; cursor, bytes that are freed, then an epoch and its highest seq on disk, and so on */
  onrushAcknowledge: {
    keys: 2,
    lua: `${OWN}
own(KEYS[1], "stream")
own(KEYS[2], "hash")
local gone = redis.call("XTRIM", KEYS[1], "MINID", ARGV[1]) + redis.call("XDEL", KEYS[1], ARGV[1])
if gone == 0 then return 0 end
for at = 3, #ARGV, 2 do
  local field = "acknowledged " .. ARGV[at]
  local known = tonumber(redis.call("HGET", KEYS[2], field) or "-1") or -1
  if tonumber(ARGV[at + 1]) > known then redis.call("HSET", KEYS[2], field, ARGV[at + 1]) end
end
local bytes = (tonumber(redis.call("HGET", KEYS[2], "bytes") or "0") or 0) - tonumber(ARGV[2])
if bytes < 0 or redis.call("XLEN", KEYS[1]) == 0 then bytes = 0 end
redis.call("HSET", KEYS[2], "bytes", string.format("%.0f", bytes))
return gone`,
  },
} as const;

export type ScriptName = keyof typeof SCRIPTS;

/** Makes the scripts commands of the client; it sends their text again when the server has forgotten them. */
export function defineScripts(client: Redis): void {
  for (const [name, { keys, lua }] of Object.entries(SCRIPTS)) {
    client.defineCommand(name, { numberOfKeys: keys, lua });
  }
}

/** Calls a script. Strings of its answer are text, or bytes where that is asked for. */
export function callScript(
  client: Redis,
  name: ScriptName | `${ScriptName}Buffer`,
  values: readonly (string | number | Buffer)[],
): Promise<unknown> {
  const command = (client as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>)[
    name
  ];
  if (command === undefined) throw new TypeError(`script ${name} is not defined`);
  return command.apply(client, [...values]);
}

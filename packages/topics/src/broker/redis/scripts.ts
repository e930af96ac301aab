import { createHash } from 'node:crypto';

/** A script that Redis runs, and what it is called there. */
export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

/**
 * What several scripts begin with: the time, and the reading of a topic whose keys may not fit together. The first command that writes is one that Redis refuses when
 * it has no memory left: behind any other, it refuses nothing more in that script.
 */
const TOPIC = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function topic(meta, stream, epoch, ttl)
  local known = redis.call('HMGET', meta, 'e', 'o', 'i')
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  local top = tonumber(known[2])
  if known[1] and not (last and tonumber(string.match(last[1], '^%d+')) > top) then return known[1], top, known[3] end
  redis.call('HSET', meta, 'e', epoch, 'o', 0, 'i', '', 'x', ttl)
  redis.call('DEL', stream)
  return epoch, 0, ''
end
`;

/** KEYS meta, stream, key of repeats. ARGV id, type, data, name, messages, age, epoch if new, time to live of meta, window of repeats, the command that publishes, channels. */
export const APPEND: RedisScript = toScript(`${TOPIC}
local id, kind, data, name, messages, age, epoch, ttl, window, publish = unpack(ARGV, 1, 10)
local repeated = redis.call('GET', KEYS[3])
if repeated then return {1, repeated} end
local top
epoch, top = topic(KEYS[1], KEYS[2], epoch, ttl)
local offset = string.format('%.0f', top + 1)
local time = now()
redis.call('XADD', KEYS[2], 'MAXLEN', '=', messages, offset .. '-0', 'i', id, 't', time, 'd', kind .. data)
for _ = 1, 64 do
  local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  if not oldest or time - tonumber(oldest[2][4]) <= tonumber(age) then break end
  redis.call('XDEL', KEYS[2], oldest[1])
end
redis.call('PEXPIRE', KEYS[2], age)
redis.call('HSET', KEYS[1], 'o', offset, 'i', id, 'x', ttl)
redis.call('PEXPIRE', KEYS[1], ttl)
local receipt = epoch .. ' ' .. offset .. ' ' .. id
redis.call('SET', KEYS[3], receipt, 'PX', window)
for index = 11, #ARGV do
  redis.call(publish, ARGV[index], '1' .. kind .. ' ' .. receipt .. ' ' .. name .. '\\n' .. data)
end
return {0, receipt}
`);

/** For topics without history. KEYS key of repeats. ARGV envelope, window of repeats, the command that publishes, channels. */
export const PUBLISH_ONCE: RedisScript = toScript(`
if not redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[2]) then return 1 end
for index = 4, #ARGV do redis.call(ARGV[3], ARGV[index], ARGV[1]) end
return 0
`);

/** KEYS meta, stream. ARGV first offset or '', offset above or '', limit, most bytes, age, epoch if new, time to live of meta. */
export const READ: RedisScript = toScript(`${TOPIC}
local from, before, limit, most, age, epoch, ttl = unpack(ARGV)
local top, id
epoch, top, id = topic(KEYS[1], KEYS[2], epoch, ttl)
redis.call('PEXPIRE', KEYS[1], ttl)
limit, most, age = tonumber(limit), tonumber(most), tonumber(age)
local time, bytes, found = now(), 0, {}
local command, bound, other = 'XRANGE', from .. '-0', '+'
if from == '' then command, bound, other = 'XREVRANGE', before == '' and '+' or '(' .. before .. '-0', '-' end
while #found < limit do
  local entries = redis.call(command, KEYS[2], bound, other, 'COUNT', 8)
  if #entries == 0 then break end
  for _, entry in ipairs(entries) do
    local fields = entry[2]
    local size = #fields[6] - 1
    if #found == limit or (#found > 0 and bytes + size > most) then limit = #found break end
    if time - tonumber(fields[4]) <= age then
      bytes = bytes + size
      table.insert(found, {fields[2], string.match(entry[1], '^%d+'), fields[6]})
    elseif from == '' then limit = #found break end
  end
  bound = '(' .. entries[#entries][1]
end
return {epoch, string.format('%.0f', top), id, found}
`);

/** KEYS meta of topics. */
export const TOPS: RedisScript = toScript(`
local tops = {}
for index, key in ipairs(KEYS) do
  local meta = redis.call('HMGET', key, 'e', 'o', 'i', 'x')
  if meta[1] then
    redis.call('PEXPIRE', key, meta[4])
    tops[index] = {meta[1], meta[2], meta[3]}
  else tops[index] = {} end
end
return tops
`);

/** KEYS meta. ARGV epoch, new epoch. */
export const RENEW: RedisScript = toScript(`
if redis.call('HGET', KEYS[1], 'e') == ARGV[1] then redis.call('HSET', KEYS[1], 'e', ARGV[2]) end
return 0
`);

function toScript(source: string): RedisScript {
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

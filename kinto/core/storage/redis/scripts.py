"""What Redis runs by itself, as one step: nobody sees a half of it, and a crash leaves none.

A script that fails half-way would leave its half; these check first, then write commands that
cannot fail on keys that only this package writes.
"""

ACQUIRE = """
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
    return 0
end
redis.call('SET', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[3])
return 1
"""
"""KEYS: lock, holder, wake. ARGV: token, milliseconds of the lease. 1 when the lock was taken."""

RENEW = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
"""KEYS, ARGV: as for ACQUIRE. 0 when somebody else took the lock after the lease had ended."""

RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('DEL', KEYS[1])
    if redis.call('EXISTS', KEYS[3]) == 0 then
        redis.call('RPUSH', KEYS[3], '1')
        redis.call('PEXPIRE', KEYS[3], ARGV[2])
    end
end
return 1
"""
"""KEYS, ARGV: as for ACQUIRE."""

COMMIT = (
    """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
    return 0
end
for number = 3, #ARGV do
    redis.call(unpack(cjson.decode(ARGV[number])))
end
"""
    + RELEASE
)
"""KEYS: as for ACQUIRE, then all that is written. ARGV: as for ACQUIRE, then commands, each a JSON
list of texts. 0, with nothing done, when somebody else took the lock after the lease had ended.
"""

READ = """
local entry = redis.call('HGET', KEYS[1], ARGV[1])
local found = {entry or ''}
for number = 2, #KEYS, 2 do
    local members
    if ARGV[4] == '1' then
        members = redis.call('ZREVRANGEBYLEX', KEYS[number], ARGV[3], ARGV[2], 'LIMIT', 0, ARGV[5])
    else
        members = redis.call('ZRANGEBYLEX', KEYS[number], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[5])
    end
    local part = {}
    for place, member in ipairs(members) do
        local id = string.sub(member, 21)
        part[2 * place - 1] = id
        part[2 * place] = redis.call('HGET', KEYS[number + 1], id)
    end
    found[#found + 1] = part
end
return found
"""
"""KEYS: clocks, then pairs of a set of times and its hash of rows. ARGV: name of the list, least
and greatest member of the set (as ranges by text are written), 1 for the newest first, how many
rows (-1: all). Returns the clock entry, and for each pair ids and texts in turn: one moment.
"""

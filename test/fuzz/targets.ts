import type { Chance } from './chance.ts'
import { CANARY } from './bytes.ts'

const PATHS = ['/', '/a', '/a/b.txt', '/d/', '/~x', '/100%25', '/%E2%82%AC', '/a%20b', '/a+b', '/x=y', '/.x']
const STEPS = [
  '/..',
  '/.',
  '/%2e%2e',
  '/%2E.',
  '/..;',
  '/..;x=y',
  '//',
  '/a;x',
  '/a%3bb',
  '/%2f',
  '/%5c..',
  '\\..',
  '/%252e%252e',
  '/%2525',
  '/%00',
  '/%c0%ae',
  '/%',
  '/#',
  '/%23',
  '/%3f',
  '/\x7f',
  '/\xe4',
  '/%EF%BC%8F',
  '/%u002e',
]
const ROOTS = [
  '/webhdfs/v1',
  '/WEBHDFS/v1',
  '/%77ebhdfs/v1',
  '/static',
  '/isActive',
  '/jmx',
  '/fsck',
  '/logs',
  '/imagetransfer',
  '/explorer.html',
  '/webhdfs',
  '',
]
const GETS = ['LISTSTATUS', 'GETFILESTATUS', 'OPEN', 'liststatus', 'GetFileStatus', 'GETFILECHECKSUM']
const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  GET: GETS,
  HEAD: GETS,
  PUT: ['MKDIRS', 'CREATE', 'RENAME', 'setpermission'],
  POST: ['APPEND', 'CONCAT', 'TRUNCATE'],
  DELETE: ['DELETE', 'delete', 'DELETESNAPSHOT'],
}
const NAMES = [
  'user.name',
  'User.Name',
  'user%2ename',
  '%75ser.name',
  'user.name ',
  '+user.name',
  'USER.NAME',
]
const CALLERS = [
  'alice',
  'alice',
  'alice',
  'bo',
  'mallory',
  '%61lice',
  'alice%00',
  'alice;x',
  'ALICE',
  'root',
  '',
]
const MORE = [
  'x=y',
  'recursive=true',
  'permission=755',
  'x=a%26user.name%3Droot',
  'overwrite',
  '&',
  '=v',
  'a+b=c+d',
  '%20=%20',
  'x=%',
  'x=#',
  'x;op=DELETE',
  'op=DELETE',
  'OP=DELETE',
  'o%70=DELETE',
  'doas=hdfs',
  'DoAs=alice',
  'do%C4%81s=hdfs',
  'to%E2%84%AAen=x',
  'delegation=AAAA',
  `ugi=${CANARY}`,
  `nnaddr=${CANARY}`,
  'namenoderpcaddress=evil:1',
  'user.name=root',
  'user.name[]=root',
  'user%E2%80%8B.name=root',
  '__proto__=x',
  'noredirect=true',
  'x=\u00ff',
]

/** A target for a method: mostly one that is right, sometimes with a trick or two. */
export function targetOf(chance: Chance, method: string): string {
  const isOdd = chance.oneIn(4)
  let path = isOdd ? chance.pick(ROOTS) : '/webhdfs/v1'
  path += chance.pick(PATHS)
  for (let times = isOdd ? chance.below(4) : 0; times > 0; times -= 1)
    path += chance.pick(chance.oneIn(2) ? STEPS : [...PATHS, '/webhdfs/v1', '/jmx', '/..'])
  const parameters = [`op=${chance.pick(OPERATIONS[method] ?? GETS)}`, callerOf(chance, isOdd)]
  if (chance.oneIn(8)) parameters[1] = 'user.name=oozie&doas=alice'
  for (let times = isOdd ? chance.below(4) : 0; times > 0; times -= 1)
    parameters.splice(chance.below(parameters.length + 1), 0, chance.pick(MORE))
  if (isOdd && chance.oneIn(12)) return chance.pick(['*', 'http://evil/x', 'evil:80', 'x', '', `//nn${path}`])
  return `${path}?${parameters.join(isOdd && chance.oneIn(8) ? ';' : '&')}`
}

function callerOf(chance: Chance, isOdd: boolean): string {
  if (!isOdd || chance.oneIn(3))
    return `user.name=${chance.pick(['alice', 'alice', 'alice', 'mallory', 'bo'])}`
  return `${chance.pick(NAMES)}=${chance.pick(CALLERS)}`
}

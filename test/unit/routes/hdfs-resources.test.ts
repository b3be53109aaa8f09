import { describe, expect, test } from 'vitest'
import { DAEMONS } from '../../../src/routes/table.ts'
import { hdfsAsks, type HdfsDaemon } from '../../../src/routes/hdfs-resources.ts'
import { canonicalTarget } from '../../../src/routes/target.ts'
import { outcome } from './support.ts'

/** What is asked, one line each: `ACTION path`, with a `?` behind what only has to be not denied. */
const asked = (op: string, raw: string, daemon: HdfsDaemon = 'namenode'): string[] | string =>
  outcome(() => {
    const { asks, isUnknown } = hdfsAsks(daemon, op, canonicalTarget(`/webhdfs/v1${raw}`))
    const lines = asks.map(
      ({ shown, resource, needs }) => `${shown} ${resource.get('path')}${needs === 'allow' ? '' : '?'}`,
    )
    return isUnknown ? [...lines, 'unknown'] : lines
  })

const each = (names: string, wanted: string[], raw = '/a/b'): [string, string, string[]][] =>
  names.split(' ').map((op) => [op, raw, wanted])

describe('the table of operations of WebHDFS (P-05)', () => {
  test.each([
    ...each('GETFILESTATUS GETFILELINKSTATUS GETLINKTARGET GETACLSTATUS GETTRASHROOT', ['EXECUTE /a?']),
    ...each(
      'OPEN GETFILECHECKSUM GET_BLOCK_LOCATIONS GETFILEBLOCKLOCATIONS GETXATTRS GETSTORAGEPOLICY GETECPOLICY',
      ['READ /a/b'],
    ),
    ...each('LISTSTATUS LISTSTATUS_BATCH GETCONTENTSUMMARY GETQUOTAUSAGE', ['READ_EXECUTE /a/b']),
    ...each('LISTXATTRS', ['EXECUTE /a']),
    ...each('GETSNAPSHOTDIFF GETSNAPSHOTDIFFLISTING', ['READ /a/b']),
    ...each('CREATE MKDIRS CREATESYMLINK', ['WRITE /a']),
    ...each('CREATE', ['WRITE /a', 'WRITE /a/b'], '/a/b?overwrite=true'),
    ...each(
      'APPEND TRUNCATE SETREPLICATION SETTIMES SETXATTR REMOVEXATTR SETSTORAGEPOLICY UNSETSTORAGEPOLICY',
      ['WRITE /a/b'],
    ),
    ...each('SATISFYSTORAGEPOLICY SETECPOLICY UNSETECPOLICY', ['WRITE /a/b']),
    ...each('RENAME', ['WRITE /a', 'WRITE /c', 'WRITE /c/d?'], '/a/b?destination=/c/d'),
    ...each('DELETE', ['WRITE /a', 'ALL /a/b']),
    ...each(
      'CONCAT',
      ['WRITE /a/b', 'WRITE /c', 'READ /c/d', 'WRITE /e', 'READ /e/f'],
      '/a/b?sources=/c/d,/e/f',
    ),
    ...each('SETPERMISSION SETOWNER SETACL MODIFYACLENTRIES REMOVEACLENTRIES REMOVEDEFAULTACL REMOVEACL', [
      'WRITE /a/b?',
    ]),
    ...each('CREATESNAPSHOT DELETESNAPSHOT', ['WRITE /a/b?'], '/a/b?snapshotname=s'),
    ...each('RENAMESNAPSHOT', ['WRITE /a/b?'], '/a/b?oldsnapshotname=s&snapshotname=t'),
    ...each(
      'ALLOWSNAPSHOT DISALLOWSNAPSHOT SETQUOTA SETQUOTABYSTORAGETYPE ENABLEECPOLICY DISABLEECPOLICY GETECPOLICIES',
      [],
    ),
    ...each(
      'GETECCODECS GETSTATUS GETSERVERDEFAULTS GETALLSTORAGEPOLICY GETHOMEDIRECTORY GETTRASHROOTS GETSNAPSHOTLIST',
      [],
    ),
    ...each(
      'GETSNAPSHOTTABLEDIRECTORYLIST GETDELEGATIONTOKEN RENEWDELEGATIONTOKEN CANCELDELEGATIONTOKEN',
      [],
    ),
    ...each('FSCK GETFILE', ['unknown']),
  ])('%s on %s: %j', (op, raw, wanted) => {
    expect(asked(op, raw)).toEqual(wanted)
  })

  test.each(['namenode', 'router', 'datanode', 'httpfs'] as const)(
    'has a row for every operation that a %s takes',
    (daemon) => {
      const groups = DAEMONS[daemon].operations?.groups ?? []
      const ops = groups
        .filter(({ kind }) => kind !== 'preflight')
        .flatMap(({ names }) => names.trim().split(/\s+/))
      const raw = '/a/b?destination=/c/d&sources=/c/d&fsaction=r--'
      expect(ops.length).toBeGreaterThan(3)
      expect(ops.filter((op) => asked(op, raw, daemon).includes('unknown'))).toEqual([])
    },
  )

  test.each([
    ['r--', ['READ /a/b']],
    ['-w-', ['WRITE /a/b']],
    ['--x', ['EXECUTE /a/b']],
    ['rw-', ['READ_WRITE /a/b']],
    ['r-x', ['READ_EXECUTE /a/b']],
    ['-wx', ['WRITE_EXECUTE /a/b']],
    ['rwx', ['ALL /a/b']],
    ['---', ['EXECUTE /a?']],
    ['', 'ERR_HTTP_PARAMETER resource_parameter'],
    ['READ', 'ERR_HTTP_PARAMETER resource_parameter'],
    ['rwx ', 'ERR_HTTP_PARAMETER resource_parameter'],
    ['xwr', 'ERR_HTTP_PARAMETER resource_parameter'],
  ])('CHECKACCESS with `%s`: %j', (action, wanted) => {
    expect(asked('CHECKACCESS', `/a/b?fsaction=${encodeURIComponent(action)}`)).toEqual(wanted)
  })

  test('CHECKACCESS says what it asks for', () => {
    expect(asked('CHECKACCESS', '/a/b')).toBe('ERR_HTTP_PARAMETER resource_parameter')
  })

  test('in a combination the types are in the order in which they are asked, and `shown` is that of HDFS', () => {
    const { asks, action } = hdfsAsks('namenode', 'LISTSTATUS', canonicalTarget('/webhdfs/v1/a'))
    expect(asks[0]?.accessTypes).toEqual(['execute', 'read'])
    expect(action).toBe('listStatus')
  })
})

describe('paths', () => {
  test.each([
    ['/', ['READ /']],
    ['', ['READ /']],
    ['/a/', ['READ /a']],
    ['/a/./c/../b', ['READ /a/b']],
    ['/%61/%62', ['READ /a/b']],
    ['/.Trash/x', ['READ /.Trash/x']],
    ['/a*/%3F%7Bb%7D', ['READ /a*/?{b}']],
    ['/caf%C3%A9', ['READ /café']],
    ['/cafe%CC%81', ['READ /cafe\u0301']],
    ['/100%25', ['READ /100%']],
  ])('%j is asked about as HDFS has it: %j', (raw, wanted) => {
    expect(asked('OPEN', raw)).toEqual(wanted)
  })

  test('the root is asked about where its parent would be', () => {
    expect(asked('GETFILESTATUS', '/')).toEqual(['EXECUTE /?'])
    expect(asked('DELETE', '/')).toEqual(['WRITE /', 'ALL /'])
    expect(asked('MKDIRS', '/a')).toEqual(['WRITE /'])
  })
})

describe('attacks on the way from a request to its paths', () => {
  test('a snapshot would show what a policy denies under its own name', () => {
    expect(asked('OPEN', '/a/.snapshot/s1/b')).toEqual(['READ /a/.snapshot/s1/b', 'READ /a/b'])
    expect(asked('LISTSTATUS', '/a/.snapshot')).toEqual(['READ_EXECUTE /a/.snapshot', 'READ_EXECUTE /a'])
    expect(asked('OPEN', '/.snapshot/s1/b')).toEqual(['READ /.snapshot/s1/b', 'READ /b'])
  })

  test('`/.reserved/raw` is another name of the root', () => {
    expect(asked('OPEN', '/.reserved/raw/a/b')).toEqual(['READ /.reserved/raw/a/b', 'READ /a/b'])
    expect(asked('OPEN', '/.reserved/raw')).toEqual(['READ /.reserved/raw', 'READ /'])
    expect(asked('OPEN', '/.reserved/raw/a/.snapshot/s/b')).toContain('READ /a/b')
  })

  test('the number of an inode hides the name of a file', () => {
    expect(asked('OPEN', '/.reserved/.inodes/16386')).toContain('unknown')
    expect(asked('OPEN', '/.reserved/raw/.reserved/.inodes/16386/b')).toContain('unknown')
    expect(asked('RENAME', '/a/b?destination=/.reserved/.inodes/16386/x')).toContain('unknown')
    expect(asked('CONCAT', '/a/b?sources=/.reserved/.inodes/16386')).toContain('unknown')
  })

  test('a DataNode that decodes twice would read `/secret` where `/secre%74` was asked about', () => {
    expect(asked('CREATE', '/secre%2574/x')).toEqual(['WRITE /secre%74', 'WRITE /secret'])
    expect(asked('OPEN', '/%252573ecret')).toEqual(['READ /%2573ecret', 'READ /%73ecret', 'READ /secret'])
    expect(asked('OPEN', '/a%25ffb')).toBe('ERR_HTTP_TARGET double_encoding')
  })

  test('a rename into a directory that is there would land where writing is denied', () => {
    expect(asked('RENAME', '/a/b?destination=/secret')).toEqual(['WRITE /a', 'WRITE /', 'WRITE /secret?'])
  })

  test('a rename to the trash deletes', () => {
    expect(asked('RENAME', '/a/b?destination=/t/b&renameoptions=to_trash')).toContain('ALL /a/b')
    expect(asked('RENAME', '/a/b?destination=/t/b&renameoptions=OVERWRITE')).not.toContain('ALL /a/b')
  })

  test.each([
    ['DESTINATION=/c/d', ['WRITE /a', 'WRITE /c', 'WRITE /c/d?']],
    ['destination=/x/../c//d/', ['WRITE /a', 'WRITE /c', 'WRITE /c/d?']],
    ['destination=/c/d&destination=/e/f', 'ERR_HTTP_PARAMETER ambiguous_parameter'],
    ['destination=/c/d&Destination=/e/f', 'ERR_HTTP_PARAMETER ambiguous_parameter'],
    ['de%C5%BFtination=/c/d', 'ERR_HTTP_PARAMETER ambiguous_parameter'],
    ['destination%20=/c/d', 'ERR_HTTP_PARAMETER ambiguous_parameter'],
    ['destination=c/d', 'ERR_HTTP_PARAMETER resource_parameter'],
    ['destination=hdfs://nn/c/d', 'ERR_HTTP_PARAMETER resource_parameter'],
    ['destination=//host/c/d', 'ERR_HTTP_PARAMETER resource_parameter'],
    ['destination=/../c', 'ERR_HTTP_PARAMETER resource_parameter'],
    ['destination=/c%5Cd', 'ERR_HTTP_PARAMETER resource_parameter'],
    ['destination=/c%00d', 'ERR_HTTP_PARAMETER resource_parameter'],
    ['destination=', 'ERR_HTTP_PARAMETER resource_parameter'],
    ['x=y', 'ERR_HTTP_PARAMETER resource_parameter'],
  ])('two readers could take `%s` for two destinations, so there is one reading: %j', (query, wanted) => {
    expect(asked('RENAME', `/a/b?${query}`)).toEqual(wanted)
  })

  test('HttpFS overwrites unless it is told not to, and would not see the parameter in another case', () => {
    expect(asked('CREATE', '/a/b', 'httpfs')).toEqual(['WRITE /a', 'WRITE /a/b'])
    expect(asked('CREATE', '/a/b?overwrite=', 'httpfs')).toEqual(['WRITE /a', 'WRITE /a/b'])
    expect(asked('CREATE', '/a/b?overwrite=false', 'httpfs')).toEqual(['WRITE /a'])
    expect(asked('CREATE', '/a/b?OVERWRITE=false', 'httpfs')).toBe('ERR_HTTP_PARAMETER ambiguous_parameter')
  })

  test('a DataNode overwrites because of a flag alone', () => {
    expect(asked('CREATE', '/a/b?createflag=CREATE,OVERWRITE', 'datanode')).toContain('WRITE /a/b')
    expect(asked('CREATE', '/a/b?createflag=%4FVERWRITE', 'datanode')).toContain('WRITE /a/b')
    expect(asked('CREATE', '/a/b?createflag=%254FVERWRITE', 'datanode')).toContain('WRITE /a/b')
    expect(asked('CREATE', '/a/b?createflag=create,sync_block', 'datanode')).toEqual(['WRITE /a'])
  })

  test('an empty or relative source of a concatenation is nobody’s guess', () => {
    expect(asked('CONCAT', '/a/b?sources=/c/d,')).toBe('ERR_HTTP_PARAMETER resource_parameter')
    expect(asked('CONCAT', '/a/b?sources=c')).toBe('ERR_HTTP_PARAMETER resource_parameter')
    expect(asked('CONCAT', '/a/b?sources=/c/d%2C/e/f')).toContain('READ /e/f')
  })
})

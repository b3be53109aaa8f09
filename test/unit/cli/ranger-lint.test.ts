import { describe, expect, test } from 'vitest'
import { folderOf, keddah } from './support.ts'

const policies = (path: string, more: object = {}): string =>
  JSON.stringify(
    {
      serviceName: 'hadoopdev',
      policyVersion: 7,
      policies: [
        {
          id: 1,
          name: 'data',
          resources: { path: { values: [path], isRecursive: true } },
          policyItems: [{ users: ['amy'], roles: ['etl'], accesses: [{ type: 'read' }] }],
          ...more,
        },
      ],
    },
    null,
    1,
  )

const SETTINGS = `
hadoop: { confDir: conf }
stateDir: state
mode: security
components:
  HDFS: { ranger: { serviceName: hadoopdev, source: SOURCE } }
services: [{ name: nn, kind: namenode, listen: "127.0.0.1:0", upstreams: ["http://127.0.0.1:1"] }]
`

describe('keddah ranger lint', () => {
  test('says of a file what is odd, with its line, and ends with 0 for warnings alone', async () => {
    const folder = folderOf({ 'p.json': policies('/data/') })
    const { code, stdout } = await keddah(['ranger', 'lint', `${folder}/p.json`])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /p\.json:\d+:\d+: warning: policy 1 "data": "\/data\/" is not about "\/data" itself\n/,
    )
    expect(stdout).toContain('0 errors, 1 warning\n')
  })

  test('ends with 1 for an error, and has the fields of policy lint with the id of the policy', async () => {
    const folder = folderOf({ 'p.json': policies('/home/${USER}') })
    const ran = await keddah(['ranger', 'lint', `${folder}/p.json`, '--json'])
    expect(ran.code).toBe(1)
    expect(ran.json()).toEqual([
      {
        file: `${folder}/p.json`,
        line: expect.any(Number),
        column: expect.any(Number),
        key: 'policies[0].resources.path.values[0]',
        severity: 'error',
        code: 'dollar_macro',
        message: expect.stringContaining('policy 1 "data"'),
        understood: expect.any(String),
        hint: 'write `{USER}`',
        policyId: 1,
      },
    ])
  })

  test.each([
    ['is not there', null, 'unreadable_file'],
    ['is no JSON', '{', 'json'],
    [
      'has a condition that nobody knows',
      policies('/data', { conditions: [{ type: 'moon' }] }),
      'ranger_condition',
    ],
  ])('a file that %s is a finding too', async (_, text, code) => {
    const folder = folderOf(text === null ? {} : { 'p.json': text })
    const ran = await keddah(['ranger', 'lint', `${folder}/p.json`, '--json'])
    expect(ran.code).toBe(1)
    expect(ran.json()).toMatchObject([{ code, severity: 'error' }])
  })

  test('goes by the settings: the file of the source, and the roles that it does not name', async () => {
    const folder = folderOf({
      'k.yaml': SETTINGS.replace('SOURCE', '{ kind: file, policies: p.json }'),
      'p.json': policies('/data'),
    })
    const ran = await keddah(['ranger', 'lint', '--config', `${folder}/k.yaml`, '--json'])
    expect(ran.json()).toMatchObject([{ code: 'unknown_role', file: `${folder}/p.json` }])
  })

  test('goes by what was downloaded last, and never asks Ranger Admin', async () => {
    const source = '{ kind: admin, urls: ["http://127.0.0.1:1"], cacheDir: cache }'
    const folder = folderOf({ 'k.yaml': SETTINGS.replace('SOURCE', source) })
    const none = await keddah(['ranger', 'lint', '--config', `${folder}/k.yaml`, '--json'])
    expect(none.code).toBe(0)
    expect(none.json()).toMatchObject([{ code: 'no_policies', severity: 'warning' }])
  })

  test('says so where the settings set Ranger up for nothing', async () => {
    const folder = folderOf({
      'k.yaml': SETTINGS.replace(/mode:[^]*(?=services:)/, ''),
    })
    const { code, stderr } = await keddah(['ranger', 'lint', '--config', `${folder}/k.yaml`])
    expect(code).toBe(78)
    expect(stderr).toContain('it sets Ranger up for no component')
  })
})

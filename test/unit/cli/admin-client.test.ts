import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isThisMachine } from '../../../src/cli/admin-client.ts'
import { folderOf, keddah } from './support.ts'

interface Seen {
  readonly url: string
  readonly authorization: string | undefined
}

/** Something that answers on the network, and what it was asked. */
async function serverOf(
  answer: { status: number; body: string },
  host = '127.0.0.1',
): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? '', authorization: request.headers.authorization })
    response.writeHead(answer.status).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  onTestFinished(() => void server.close())
  return { url: `http://${host}:${(server.address() as AddressInfo).port}`, seen }
}

const DONE = { status: 200, body: '{"revision":"b","previous":"a","changed":true}' }

const settingsFor = (port: string, host = '127.0.0.1'): string => `
stateDir: .
admin: { listen: "${host}:${port}" }
services: [{ name: nn, kind: namenode, listen: "127.0.0.1:0", upstreams: ["http://127.0.0.1:1"] }]
`

describe('commands that ask a running instance', () => {
  test('find its address in the settings, and the token in its state folder', async () => {
    const { url, seen } = await serverOf(DONE)
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      const folder = folderOf({ 'k.yaml': settingsFor(new URL(url).port, host), 'admin.token': 'secret-1\n' })
      expect(await keddah(['refresh', 'service-acl', '--config', `${folder}/k.yaml`])).toMatchObject({
        code: 0,
        stdout: 'service-acl: changed, revision b (before: a)\n',
      })
      expect(seen.at(-1)).toEqual({ url: '/admin/v1/refresh/service-acl', authorization: 'Bearer secret-1' })
    }
  })

  test('take the token of --token-file first, then that of the environment', async () => {
    const { url, seen } = await serverOf(DONE)
    const folder = folderOf({
      'k.yaml': settingsFor(new URL(url).port),
      'admin.token': 'of-the-state-folder',
      named: 'of-a-file',
    })
    const environment = { KEDDAH_ADMIN_TOKEN: 'of-the-environment' }
    const argv = ['refresh', 'service-acl', '--config', `${folder}/k.yaml`]
    await keddah([...argv, '--token-file', `${folder}/named`], { environment })
    await keddah(argv, { environment })
    expect(seen.map(({ authorization }) => authorization)).toEqual([
      'Bearer of-a-file',
      'Bearer of-the-environment',
    ])
  })

  test('never send the token of this machine to another one', async () => {
    const folder = folderOf({ 'k.yaml': settingsFor('9480'), 'admin.token': 'secret-1' })
    // 0.0.0.0 is this machine, but by an address that does not say so.
    const { url, seen } = await serverOf({ status: 401, body: '{"error":{"message":"no"}}' }, '0.0.0.0')
    const argv = ['refresh', 'service-acl', '--config', `${folder}/k.yaml`, '--admin', url]
    const { code, stderr } = await keddah(argv)
    expect(seen).toEqual([{ url: '/admin/v1/refresh/service-acl', authorization: undefined }])
    expect(stderr).toContain('for another machine, give `--token-file` or KEDDAH_ADMIN_TOKEN')
    expect(code).toBe(1)
  })

  // Attack: a name that begins like an address of this machine, so that its token is sent there.
  test.each([
    ['http://127.0.0.1:9480', true],
    ['http://127.9.9.9:9480', true],
    ['http://localhost:9480', true],
    ['http://[::1]:9480', true],
    ['http://127.evil.example:9480', false],
    ['http://localhost.evil.example:9480', false],
    ['http://10.0.0.1:9480', false],
  ])('%s is this machine: %s', (url, isThis) => {
    expect(isThisMachine(url)).toBe(isThis)
  })

  test('say why there was no token to send, and how to name one', async () => {
    const { url } = await serverOf({ status: 401, body: '{"error":{"message":"send a token"}}' })
    const folder = folderOf({ 'k.yaml': settingsFor(new URL(url).port) })
    const { stderr } = await keddah(['policy', 'show', '--config', `${folder}/k.yaml`])
    expect(stderr).toContain(
      'send a token; no token was sent: a running instance writes one to `admin.token` in its `stateDir`, ' +
        `and \`${folder}/admin.token\` does not exist; is it running with these settings? Else give \`--token-file FILE\`\n`,
    )
  })

  test('say, once, where the token of an instance with other settings is', async () => {
    const { url, seen } = await serverOf({ status: 401, body: '{"error":{"message":"send a token"}}' })
    const { code, stderr } = await keddah(['refresh', '--admin', url])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^service-acl: refused: send a token; no token was sent: .*`\/var\/lib\/keddah\/admin\.token` .*; give `--config FILE` with its settings, or `--token-file FILE`\n$/,
    )
    expect(seen).toHaveLength(1)
  })

  test.each([
    ['nobody', null, /`--config FILE` or `--admin URL` names another one/],
    ['something that is no admin listener', { status: 200, body: '<html>' }, /./],
  ])('end with 3 where %s answers', async (_, answer, hint) => {
    const url = answer === null ? 'http://127.0.0.1:1' : (await serverOf(answer)).url
    for (const argv of [
      ['refresh', 'service-acl'],
      ['policy', 'show'],
    ]) {
      const ran = await keddah([...argv, '--admin', url, '--json'])
      expect(ran.code).toBe(3)
      expect(ran.stderr).toContain(url)
      expect(ran.stderr).toMatch(hint)
      expect(ran.json()).toMatchObject({ error: { code: 'unreachable' } })
    }
  })

  test('end with 78 where a file that was named cannot be used', async () => {
    const empty = folderOf({ token: '\n' })
    for (const argv of [
      ['refresh', '--config', '/nowhere/k.yaml'],
      ['refresh', '--token-file', '/nowhere/token'],
      ['refresh', '--token-file', `${empty}/token`],
    ])
      expect(await keddah(argv)).toMatchObject({ code: 78, stdout: '' })
  })

  test('find a port that the system chose in the state folder, and nothing but the port', async () => {
    const { url, seen } = await serverOf(DONE)
    for (const host of ['127.0.0.1', 'elsewhere.invalid']) {
      const announced = `http://${host}:${new URL(url).port}\n`
      const folder = folderOf({
        'k.yaml': settingsFor('0'),
        'admin.token': 'secret-1',
        'admin.url': announced,
      })
      expect(await keddah(['refresh', 'service-acl', '--config', `${folder}/k.yaml`])).toMatchObject({
        code: 0,
      })
      expect(seen.at(-1)?.authorization).toBe('Bearer secret-1')
    }
  })

  test.each([{}, { 'admin.url': 'what?' }, { 'admin.url': '' }])(
    'say that a free port has to be named where %j has none',
    async (files: Record<string, string>) => {
      const folder = folderOf({ 'k.yaml': settingsFor('0'), ...files })
      const { code, stderr } = await keddah(['refresh', '--config', `${folder}/k.yaml`])
      expect(code).toBe(2)
      expect(stderr).toContain(`\`${folder}/admin.url\` of a running instance does not say which`)
      expect(stderr).toContain('give `--admin URL`')
    },
  )

  test('need no port of the settings where another instance is named', async () => {
    const { url } = await serverOf(DONE)
    const folder = folderOf({ 'k.yaml': settingsFor('0') })
    const argv = ['refresh', 'service-acl', '--config', `${folder}/k.yaml`, '--admin', url]
    expect(await keddah(argv)).toMatchObject({ code: 0 })
  })

  test('go on with the other scopes where one is refused, and end with 1', async () => {
    const { url, seen } = await serverOf({ status: 403, body: '{"error":{"code":"acl","message":"no"}}' })
    const ran = await keddah(['refresh', '--admin', url, '--json'])
    expect(seen).toHaveLength(4)
    expect(ran.code).toBe(1)
    expect(ran.json()).toMatchObject({
      error: { code: 'acl' },
      results: [{ scope: 'service-acl' }, {}, {}, {}],
    })
  })
})

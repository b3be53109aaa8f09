import { afterAll, beforeAll, expect, test } from 'vitest'
import { fieldOf } from '../support/hadoop/applications.ts'
import { ask, webHdfs } from '../support/hadoop/ask.ts'
import { POLICY } from '../support/hadoop/configuration.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

withHadoop('acting for somebody else', (hadoop) => {
  let keddah: Keddah
  beforeAll(async () => {
    keddah = await startKeddah({
      hadoop,
      services: [{ name: 'namenode', kind: 'namenode', upstream: hadoop.nameNode }],
      policy: POLICY,
    })
  })
  afterAll(async () => keddah?.stop())

  test.each(['doas', 'doAs', 'DoAs'])(
    'is what knox may do for alice with `%s`, and the file is hers',
    async (doAs) => {
      const path = `/open/for-alice-${doAs}`
      const made = await ask(
        keddah.url('namenode'),
        'PUT',
        webHdfs(path, `op=MKDIRS&user.name=knox&${doAs}=alice`),
      )
      expect(made).toMatchObject({ status: 200, text: '{"boolean":true}' })
      const seen = await ask(hadoop.nameNode, 'GET', webHdfs(path, 'op=GETFILESTATUS&user.name=root'))
      expect(fieldOf(seen, 'owner')).toBe('alice')
    },
  )

  test.each([
    { real: 'knox', effective: 'mallory' },
    { real: 'knox', effective: 'root' },
    { real: 'alice', effective: 'root' },
    { real: 'mallory', effective: 'alice' },
  ])('is refused to $real for $effective in the words of the bare NameNode', async ({ real, effective }) => {
    const target = webHdfs('/open/not-made', `op=MKDIRS&user.name=${real}&doas=${effective}`)
    const words = `User: ${real} is not allowed to impersonate ${effective}`
    const bare = await ask(hadoop.nameNode, 'PUT', target)
    expect(bare.status).toBe(403)
    expect(bare.text).toContain(words)
    const refused = await ask(keddah.url('namenode'), 'PUT', target)
    expect(refused).toMatchObject({ status: 403, headers: { 'x-keddah-reason': 'impersonation' } })
    expect(refused.text).toContain(words)
  })
})

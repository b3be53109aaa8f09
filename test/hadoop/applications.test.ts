import { afterAll, beforeAll, expect, test } from 'vitest'
import { application, fieldOf, kill, newApplication, submit } from '../support/hadoop/applications.ts'
import { POLICY } from '../support/hadoop/configuration.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { until } from '../support/hadoop/wait.ts'
import { APPLICATION_PROTOCOL, essence, restRefusal } from '../support/hadoop/words.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

withHadoop('applications', (hadoop) => {
  const bare = hadoop.resourceManager
  let keddah: Keddah
  let front = ''
  beforeAll(async () => {
    keddah = await startKeddah({
      hadoop,
      services: [{ name: 'resourcemanager', kind: 'resourcemanager', upstream: bare }],
      policy: POLICY,
    })
    front = keddah.url('resourcemanager')
  })
  afterAll(async () => keddah?.stop())

  const stateOf = async (id: string): Promise<string | undefined> =>
    fieldOf(await application(bare, id, 'root'), 'state')
  const reaches = (id: string, wanted: string): Promise<true> =>
    until(`application ${id} to be ${wanted}`, async () => ((await stateOf(id)) === wanted ? true : null))
  const refused = { status: 403, reason: 'acl', text: restRefusal('mallory', APPLICATION_PROTOCOL) }

  test('are submitted and killed through Keddah by alice, and hers in the eyes of the ResourceManager', async () => {
    const id = await newApplication(front, 'alice')
    const submitted = await submit(front, id, 'alice')
    expect(submitted.status).toBe(202)
    expect(submitted.headers['location']).toMatch(new RegExp(`/ws/v1/cluster/apps/${id}$`))
    await reaches(id, 'ACCEPTED')
    const seen = await application(bare, id, 'root')
    expect(fieldOf(seen, 'user')).toBe('alice')
    expect(fieldOf(await application(front, id, 'alice'), 'user')).toBe('alice')
    expect((await kill(front, id, 'alice')).status).toBe(202)
    await reaches(id, 'KILLED')
    expect(await kill(front, id, 'alice')).toMatchObject({ status: 200, text: '{"state":"KILLED"}' })
  })

  test('are neither submitted nor killed through Keddah by mallory, who does both on the bare daemon', async () => {
    const id = await newApplication(bare, 'mallory')
    expect(essence(await submit(front, id, 'mallory'))).toEqual(refused)
    expect((await application(bare, id, 'root')).status).toBe(404)
    expect((await submit(bare, id, 'mallory')).status).toBe(202)
    await reaches(id, 'ACCEPTED')
    await kill(bare, id, 'root')
    await reaches(id, 'KILLED')

    const hers = await newApplication(bare, 'alice')
    expect((await submit(bare, hers, 'alice')).status).toBe(202)
    await reaches(hers, 'ACCEPTED')
    expect(essence(await kill(front, hers, 'mallory'))).toEqual(refused)
    expect(await stateOf(hers)).toBe('ACCEPTED')
    expect((await kill(bare, hers, 'mallory')).status).toBe(202)
    await reaches(hers, 'KILLED')
  })
})

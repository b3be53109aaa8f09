import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kill, newApplication, submit } from '../support/hadoop/applications.ts'
import { linkedOrigins, startBrowser, type Visit, visit, whyNoBrowser } from '../support/hadoop/browser.ts'
import { POLICY } from '../support/hadoop/configuration.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { namedPorts } from '../support/hadoop/ports.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

const noBrowser = whyNoBrowser()
if (noBrowser !== null) process.stderr.write(`skipped: ${noBrowser}\n`)

const SECRET = randomBytes(32).toString('base64')

/** A daemon as the ResourceManager calls it on its pages, which is how an upstream has to be named for its links. */
const asOnPages = (url: string): string => url.replace('127.0.0.1', 'localhost')

/** The browser is signed in at a proxy, as in config/examples/behind-a-proxy.yaml, whose headers it sends here. */
withHadoop('the pages of Hadoop in a browser', (hadoop) => {
  describe.skipIf(noBrowser !== null)('that reaches Keddah alone', () => {
    let browser: Browser
    let keddah: Keddah
    let folder = ''
    let application = ''
    let nodePages = ''
    beforeAll(async () => {
      const { node } = await namedPorts(['node'])
      nodePages = `http://127.0.0.1:${node}`
      folder = mkdtempSync(join(tmpdir(), 'keddah-browser-'))
      const secretFile = join(folder, 'proxy.secret')
      writeFileSync(secretFile, SECRET, { mode: 0o600 })
      const proxy = {
        kind: 'trustedHeader',
        header: 'X-Remote-User',
        peers: ['127.0.0.1'],
        secretHeader: 'X-Proxy-Secret',
        secretFile,
      }
      keddah = await startKeddah({
        hadoop,
        services: [
          { name: 'namenode', kind: 'namenode', upstream: hadoop.nameNode },
          {
            name: 'resourcemanager',
            kind: 'resourcemanager',
            upstream: asOnPages(hadoop.resourceManager),
          },
          {
            name: 'nodemanager',
            kind: 'nodemanager',
            upstream: asOnPages(hadoop.nodeManager),
            settings: { listen: `127.0.0.1:${node}`, externalUrl: nodePages },
          },
        ],
        policy: POLICY,
        settings: { identity: { authenticators: [proxy] } },
      })
      application = await newApplication(hadoop.resourceManager, 'alice')
      await submit(hadoop.resourceManager, application, 'alice')
      await kill(hadoop.resourceManager, application, 'alice')
      browser = await startBrowser()
    })
    afterAll(async () => {
      await browser?.close()
      await keddah?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    /** Opens a page as a user and waits until it asks for nothing more. */
    const open = async (user: string, url: string): Promise<Visit> => {
      const opened = await visit(browser, { 'X-Remote-User': user, 'X-Proxy-Secret': SECRET })
      await opened.page.goto(url)
      await opened.page.waitForLoadState('networkidle').catch((cause: unknown) => {
        throw new Error(`not answered: ${[...opened.open].join(', ') || 'nothing'}`, { cause })
      })
      return opened
    }
    const stays = async ({ page, wrong, origins }: Visit): Promise<void> => {
      const here = new Set([new URL(page.url()).origin])
      expect(wrong).toEqual([])
      expect(origins).toEqual(here)
      expect(await linkedOrigins(page)).toEqual(here)
    }

    test.each(['/', '/dfshealth.html#tab-overview', '/dfshealth.html#tab-startup-progress'])(
      'the page %s of the NameNode loads for an operator',
      async (path) => {
        const opened = await open('root', keddah.url('namenode') + path)
        await stays(opened)
        expect(await opened.page.title()).toBe('Namenode information')
        await opened.page.context().close()
      },
    )

    test.each([
      '/cluster',
      '/cluster/apps',
      '/cluster/apps/RUNNING',
      '/cluster/scheduler',
      '/cluster/cluster',
    ])('the page %s of the ResourceManager loads for alice, under her name', async (path) => {
      const opened = await open('alice', keddah.url('resourcemanager') + path)
      await stays(opened)
      expect(await opened.page.locator('body').textContent()).toContain('Logged in as: alice')
      await opened.page.context().close()
    })

    test('no link of the ResourceManager leaves Keddah: those of applications come back to it, and lead on', async () => {
      const front = keddah.url('resourcemanager')
      for (const path of ['/cluster/apps', '/cluster/apps/KILLED', `/cluster/app/${application}`]) {
        const opened = await open('alice', front + path)
        await stays(opened)
        expect(await opened.page.locator(`a[href*="/${application}"]`).count()).toBeGreaterThan(0)
        await opened.page.context().close()
      }
      const opened = await open('alice', `${front}/cluster/apps`)
      const { page } = opened
      await page.locator(`a[href*="/cluster/app/${application}"]`).first().click()
      await page.waitForURL(`**/cluster/app/${application}`)
      expect(new URL(page.url()).origin).toBe(front)
      expect(await page.locator('body').textContent()).toContain('Logged in as: alice')
      expect(opened.wrong).toEqual([])
      await page.context().close()
    })

    test('links to NodeManagers lead to the service in front of them', async () => {
      const opened = await open('alice', `${keddah.url('resourcemanager')}/cluster/nodes`)
      const { page } = opened
      expect(await linkedOrigins(page)).toEqual(new Set([keddah.url('resourcemanager'), nodePages]))
      await page.locator(`a[href^="${nodePages}"]`).first().click()
      await page.waitForURL(`${nodePages}/**`)
      expect(await page.locator('body').textContent()).toContain('NodeManager information')
      expect(opened.wrong).toEqual([])
      await page.context().close()
    })

    // They are made of what `/jmx` says by a script, and JSON is not touched.
    test('of the pages of the NameNode, links to DataNodes alone leave Keddah', async () => {
      const opened = await open('root', `${keddah.url('namenode')}/dfshealth.html#tab-datanode`)
      const { page } = opened
      const dataNode = new RegExp(`^https?://[^/]+:${new URL(hadoop.dataNode).port}$`)
      const away = [...(await linkedOrigins(page))].filter((origin) => origin !== keddah.url('namenode'))
      expect(away.length).toBeGreaterThan(0)
      expect(away.filter((origin) => !dataNode.test(origin))).toEqual([])
      expect(opened.wrong).toEqual([])
      await page.context().close()
    })

    test('the file browser lists a folder, takes a file and gives it back', async () => {
      const content = randomBytes(50_000)
      const file = join(folder, 'from-browser.bin')
      writeFileSync(file, content)
      const opened = await open('root', `${keddah.url('namenode')}/explorer.html#/open`)
      const { page } = opened
      await page.locator('#modal-upload-file-input').setInputFiles(file)
      await page.locator('#modal-upload-file-button').dispatchEvent('click')
      const row = page.locator('.explorer-browse-links', { hasText: 'from-browser.bin' })
      await row.click()
      await stays(opened)
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('#file-info-download').click(),
      ])
      expect(new URL(download.url()).origin).toBe(keddah.url('namenode'))
      expect(readFileSync(await download.path()).equals(content)).toBe(true)
      await page.context().close()
    })

    test('mallory gets to see no page at all', async () => {
      const opened = await open('mallory', `${keddah.url('namenode')}/explorer.html`)
      expect(opened.wrong).toEqual([`${keddah.url('namenode')}/explorer.html: 403`])
      expect(await opened.page.locator('body').textContent()).not.toContain('Browse Directory')
      await opened.page.context().close()
    })
  })
})

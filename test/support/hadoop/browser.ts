import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'

/** Why no browser can be started here, with the way out; null where one can. */
export const whyNoBrowser = (): string | null =>
  existsSync(CHROMIUM) ? null : `${CHROMIUM} not found; apt-get install chromium`

/** Starts it without a window and without a profile; it calls nobody on its own. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

/** A page, and what went wrong on it: answers of 400 and more, requests without an answer, errors of scripts. */
export interface Visit {
  readonly page: Page
  readonly wrong: string[]
  /** What was asked for and is not answered yet. */
  readonly open: ReadonlySet<string>
  /** Origins that were asked for anything. */
  readonly origins: Set<string>
}

/** Opens an empty page of a visitor who sends `headers` with every request. */
export async function visit(browser: Browser, headers: Readonly<Record<string, string>>): Promise<Visit> {
  const context = await browser.newContext({ extraHTTPHeaders: { ...headers } })
  const page = await context.newPage()
  const wrong: string[] = []
  const origins = new Set<string>()
  const open = new Set<string>()
  page.on('request', (request) => open.add(request.url()))
  page.on('requestfinished', (request) => open.delete(request.url()))
  page.on('requestfailed', (request) => open.delete(request.url()))
  page.on('request', (request) => origins.add(new URL(request.url()).origin))
  page.on('requestfailed', (request) => wrong.push(`${request.url()}: ${request.failure()?.errorText}`))
  page.on('response', (response) => {
    if (response.status() >= 400) wrong.push(`${response.url()}: ${response.status()}`)
  })
  page.on('pageerror', (error) => wrong.push(String(error)))
  return { page, wrong, open, origins }
}

/** Origins that links of the page lead to; those that are no address lead nowhere. */
export const linkedOrigins = async (page: Page): Promise<ReadonlySet<string>> => {
  const links = await page
    .locator('a[href]')
    .evaluateAll((anchors) => anchors.map((anchor) => String(Reflect.get(anchor, 'href'))))
  const counted = links.filter((link) => link.startsWith('http'))
  return new Set(counted.flatMap((link) => URL.parse(link)?.origin ?? []))
}

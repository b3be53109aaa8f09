import * as z from 'zod'

/** WebSockets of a service. `origins` undefined: pages of the host that is asked for. */
export interface UpgradeSettings {
  readonly origins?: readonly string[] | undefined
}

const ORIGIN = 'has to be the origin of a page, such as `https://hue.example.com` or `http://ui:8080`'

/** The `upgrades:` block of a service. */
export const upgrades: z.ZodType<UpgradeSettings> = z.strictObject({
  origins: z
    .array(
      z
        .string({ error: ORIGIN })
        .regex(/^https?:\/\/[^/?#@\\\s*]+$/i, { error: ORIGIN, abort: true })
        .meta({ title: 'origin' })
        .transform((written, context) => {
          const url = URL.parse(written)
          if (url !== null) return url.origin
          context.addIssue({ code: 'custom', message: ORIGIN })
          return z.NEVER
        }),
      { error: 'has to be a list of origins' },
    )
    .optional()
    .describe('Sites whose pages may open WebSockets here. Left out: pages of the host that they ask.'),
})

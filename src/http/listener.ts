import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConfigError } from '../errors.ts'
import type { HttpDependencies, HttpListener, ProtectedService } from './service.ts'

/**
 * Listens for one service.
 *
 * Errors: `ERR_CONFIG_LISTEN` naming service and address.
 */
export async function startListener(
  service: ProtectedService,
  _dependencies: HttpDependencies,
): Promise<HttpListener> {
  const server = createServer()
  const { host, port } = service.listen
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new ConfigError(
          'ERR_CONFIG_LISTEN',
          `service \`${service.name}\`: cannot listen on ${host}:${port}`,
          { cause },
        ),
      ),
    )
    server.listen({ host, port }, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    name: service.name,
    url: `http://${host}:${address.port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

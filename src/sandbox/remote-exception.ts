/**
 * What a daemon refuses with: a Java exception that travels as JSON.
 *
 * Shape: `javaClass` is the full name. The three surfaces print it in three ways, below.
 */
export class RemoteException extends Error {
  readonly status: number
  readonly javaClass: string

  constructor(status: number, javaClass: string, message: string) {
    super(message)
    this.status = status
    this.javaClass = javaClass
  }

  /** `PathIsNotEmptyDirectoryException` */
  get simpleName(): string {
    return this.javaClass.slice(
      Math.max(this.javaClass.lastIndexOf('.'), this.javaClass.lastIndexOf('$')) + 1,
    )
  }
}

/** 404: there is no such file, folder or application. */
export const notFound = (message: string): RemoteException =>
  new RemoteException(404, 'java.io.FileNotFoundException', message)

/** 400: a parameter that is understood and cannot be used. */
export const illegalArgument = (message: string): RemoteException =>
  new RemoteException(400, 'java.lang.IllegalArgumentException', message)

/** 400: an operation that this daemon does not have. */
export const unsupported = (message: string): RemoteException =>
  new RemoteException(400, 'java.lang.UnsupportedOperationException', message)

/** Every IOException that has no status of its own: 403 on WebHDFS. */
export const ioException = (javaClass: string, message: string): RemoteException =>
  new RemoteException(403, javaClass, message)

/** 400 in the words of WebHDFS for a parameter that cannot be read. */
export const invalidParameter = (name: string, cause: string): RemoteException =>
  illegalArgument(`Invalid value for webhdfs parameter "${name}": ${cause}`)

/**
 * WebHDFS: keys in alphabetical order.
 *
 * Source: org.apache.hadoop.hdfs.web.JsonUtil#toJsonString(Exception).
 */
export function webHdfsJson({ simpleName, javaClass, message }: RemoteException): string {
  return JSON.stringify({ RemoteException: { exception: simpleName, javaClassName: javaClass, message } })
}

/**
 * ResourceManager: exception, message, javaClassName.
 *
 * Source: org.apache.hadoop.yarn.webapp.RemoteExceptionData.
 */
export function yarnException({ simpleName, javaClass, message }: RemoteException): object {
  return { RemoteException: { exception: simpleName, message, javaClassName: javaClass } }
}

/**
 * The authentication filter in front of either: message first, pretty-printed as Jackson does.
 *
 * Source: org.apache.hadoop.util.HttpExceptionUtils#createServletExceptionResponse.
 */
export function filterJson({ simpleName, javaClass, message }: RemoteException): string {
  const line = (key: string, value: string): string => `    ${JSON.stringify(key)} : ${JSON.stringify(value)}`
  const lines = [line('message', message), line('exception', simpleName), line('javaClassName', javaClass)]
  return `{\n  "RemoteException" : {\n${lines.join(',\n')}\n  }\n}`
}

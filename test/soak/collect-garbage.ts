/**
 * Loaded before the product (`--import`, with `--expose-gc`): collects garbage when the soak says so. What is measured
 * then is what is held, not what nobody has needed to collect yet.
 */
process.on('message', () => globalThis.gc?.())
process.channel?.unref()

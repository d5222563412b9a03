// Worker processes that share one port; all end together, and with whoever started them

import cluster from 'node:cluster'

const PARENT_CHECK_MILLISECONDS = 500

/** `listen(port)` starts a worker's server and returns once it listens. */
export async function serve(listen) {
  if (cluster.isWorker) {
    await listen(Number(process.env.PEER_PORT))
    process.send('ready')
    return
  }
  const workers = Number(process.env.PEER_WORKERS ?? 2)
  const parent = process.ppid
  let waiting = workers
  cluster.on('message', () => --waiting === 0 && console.log('ready'))
  cluster.on('exit', () => process.exit(1))
  process.on('SIGTERM', () => process.exit(0))
  setInterval(() => process.ppid !== parent && process.exit(0), PARENT_CHECK_MILLISECONDS)
  for (let number = 0; number < workers; number++) cluster.fork()
}

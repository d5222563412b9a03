// A fastify server that knows its callers and gives receipts; whose GraphQL it serves is each contestant's own matter

import { readFileSync } from 'node:fs'
import fastify from 'fastify'
import { authenticate } from './authenticate.mjs'
import { receiptFor, sha256 } from './duties.mjs'

export const contract = readFileSync(new URL('../../../schema/contract.graphql', import.meta.url), 'utf8')

/** `request.asking` is who asks: the caller, the body and its digest, and the leaves that the looks left. */
export function makeDoor() {
  const app = fastify()
  app.decorateRequest('asking', null)
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    request.asking = { caller: authenticate(request.headers), body, digest: sha256(body), leaves: [] }
    done(null, JSON.parse(body))
  })
  app.addHook('onSend', async (request, reply, body) => {
    if (!request.asking?.leaves.length) return
    const { caller, digest, leaves } = request.asking
    reply.header('OpenBureau-Receipt', receiptFor(body, caller.memberId, digest, leaves))
    reply.header('Cache-Control', 'no-store')
  })
  app.get('/health/ready', async () => ({}))
  return app
}

export const listen = (app, port) => app.listen({ port, host: '127.0.0.1' })

// fastify and mercurius; queries are compiled by graphql-jit

import mercurius from 'mercurius'
import { contract, listen, makeDoor } from './door.mjs'
import { creditReport, resolvers } from './report.mjs'
import { serve } from './workers.mjs'

serve((port) => {
  const app = makeDoor()
  app.register(mercurius, {
    schema: contract,
    jit: 1,
    context: ({ asking }) => ({ asking }),
    resolvers: { ...resolvers, Query: { creditReport: (_, asked, { asking }) => creditReport(asking, asked) } },
  })
  return listen(app, port)
})

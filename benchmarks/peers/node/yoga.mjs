// graphql-yoga; queries are compiled by graphql-jit

import { useGraphQlJit } from '@envelop/graphql-jit'
import { createSchema, createYoga } from 'graphql-yoga'
import { contract, listen, makeDoor } from './door.mjs'
import { creditReport, resolvers } from './report.mjs'
import { serve } from './workers.mjs'

serve((port) => {
  const app = makeDoor()
  const yoga = createYoga({
    schema: createSchema({
      typeDefs: contract,
      resolvers: { ...resolvers, Query: { creditReport: (_, asked, { asking }) => creditReport(asking, asked) } },
    }),
    plugins: [useGraphQlJit()],
    logging: false,
    graphiql: false,
    landingPage: false,
    maskedErrors: false,
    cors: false,
  })
  app.post('/graphql', async ({ asking }, reply) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const response = await yoga.fetch(
      `http://127.0.0.1:${port}/graphql`,
      { method: 'POST', headers, body: asking.body },
      { asking },
    )
    reply.code(response.status).type('application/json; charset=utf-8')
    return response.text()
  })
  return listen(app, port)
})

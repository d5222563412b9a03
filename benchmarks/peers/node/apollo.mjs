// Apollo Server, with its usual executor

import { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import { contract, listen, makeDoor } from './door.mjs'
import { creditReport, resolvers } from './report.mjs'
import { serve } from './workers.mjs'

serve(async (port) => {
  const app = makeDoor()
  const apollo = new ApolloServer({
    typeDefs: contract,
    resolvers: { ...resolvers, Query: { creditReport: (_, asked, { asking }) => creditReport(asking, asked) } },
    introspection: false,
    csrfPrevention: false,
  })
  await apollo.start()
  app.post('/graphql', fastifyApolloHandler(apollo, { context: async ({ asking }) => ({ asking }) }))
  return listen(app, port)
})

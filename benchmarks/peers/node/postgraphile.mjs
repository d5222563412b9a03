// PostGraphile over views and functions of its own schema (schema.sql); what no view can say is planned here

import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { context, lambda, list, object } from 'postgraphile/grafast'
import { grafserv } from 'postgraphile/grafserv/fastify/v5'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { extendSchema, gql } from 'postgraphile/utils'
import { pool } from './database.mjs'
import { listen, makeDoor } from './door.mjs'
import { recordLook } from './look.mjs'
import { instantText, monthsOf, paymentsOf, referenceOf, retentionCutoff } from './report.mjs'
import { serve } from './workers.mjs'

const SYNCHRONOUS = true

const typeDefs = gql`
  input SubjectInput {
    idType: String!
    country: String!
    idNumber: String!
  }
  input StaffInput {
    id: String!
    name: String!
  }
  type Subject {
    idType: String!
    country: String!
    idNumber: String!
    names: [String!]!
    birthDate: Date
  }
  type Withheld {
    fieldClass: String!
    code: String!
    sentence: String!
    rule: String
  }
  type Disclosure {
    leafHash: String!
    basis: String!
    consentId: UUID
    consentUse: Int
    released: [String!]!
    withheld: [Withheld!]!
    rules: [String!]!
    pack: String!
  }
  type Amount {
    minor: Float!
    currency: String!
  }
  type PaymentMonth {
    month: Date!
    status: String!
    pastDue: Amount
  }
  type PlanPayment {
    dueOn: Date!
    amount: Amount
    paid: Amount
  }
  extend type Query {
    creditReport(subject: SubjectInput!, purpose: String!, consentId: UUID!, staff: StaffInput!): CreditReport
  }
  extend type CreditReport {
    asOf: String!
    subject: Subject!
    disclosure: Disclosure!
  }
  extend type Account {
    accountRef: String!
    ownBook: Boolean!
    history: [PaymentMonth!]!
  }
  extend type CollectionAction {
    ownBook: Boolean!
  }
  extend type RepaymentPlan {
    ownBook: Boolean!
    schedule: [PlanPayment!]!
  }
`
const MONTHS = ['history_month', 'history_codes', 'history_past_due_minor', 'hidden_months', 'currency']

const $asking = () => context().get('asking')

const ofLook = ($report, read) =>
  lambda(list([$asking(), $report.get('subject_key')]), ([asking, key]) => read(asking.looks.get(key)), SYNCHRONOUS)

const unsealed = ($report, column, read = String) =>
  lambda(
    list([$asking(), $report.get('subject_key'), $report.get(column)]),
    ([asking, key, blob]) => blob && read(asking.looks.get(key).cipher.unseal(column, blob)),
    SYNCHRONOUS,
  )

const ownBook = ($record) =>
  lambda(
    list([$asking(), $record.get('contributor')]),
    ([asking, contributor]) => asking.caller.memberId === contributor,
    SYNCHRONOUS,
  )

async function takeLook([asking, asked]) {
  const look = await recordLook(asking, asked)
  asking.looks.set(look.subjectKey, look)
  return look.subjectKey
}

const shape = extendSchema((build) => ({
  typeDefs,
  objects: {
    Query: {
      plans: {
        creditReport(_, { $subject, $purpose, $consentId, $staff }) {
          const $asked = object({ subject: $subject, purpose: $purpose, consentId: $consentId, staff: $staff })
          const $key = lambda(list([$asking(), $asked]), takeLook)
          $key.hasSideEffects = true
          return build.input.pgRegistry.pgResources.credit_report.get({ subject_key: $key })
        },
      },
    },
    CreditReport: {
      plans: {
        asOf: ($report) => ofLook($report, (look) => instantText(look.now)),
        subject: ($report) =>
          object({
            idType: $report.get('id_type'),
            country: $report.get('country'),
            idNumber: unsealed($report, 'id_number'),
            names: unsealed($report, 'names', JSON.parse),
            birthDate: unsealed($report, 'birth_date'),
          }),
        disclosure: ($report) => ofLook($report, (look) => look.disclosure),
      },
    },
    Account: {
      plans: {
        accountRef: ($account) =>
          lambda(
            list([$asking(), $account.get('subject_key'), $account.get('sealed_ref')]),
            ([asking, key, blob]) => referenceOf(asking.looks.get(key).cipher, blob),
            SYNCHRONOUS,
          ),
        ownBook,
        history: ($account) =>
          lambda(
            list(MONTHS.map((column) => $account.get(column))),
            (columns) => monthsOf(...columns, retentionCutoff(new Date())),
            SYNCHRONOUS,
          ),
      },
    },
    CollectionAction: { plans: { ownBook } },
    RepaymentPlan: {
      plans: {
        ownBook,
        schedule: ($plan) =>
          lambda(
            list([$plan.get('packed_schedule'), $plan.get('currency')]),
            ([schedule, currency]) => paymentsOf(schedule, currency),
            SYNCHRONOUS,
          ),
      },
    },
  },
}))

/** Whole seconds without a fraction, as the other contestants write them. */
const wholeSeconds = {
  name: 'WholeSecondsPlugin',
  schema: {
    hooks: {
      GraphQLScalarType: (config) =>
        config.name === 'Datetime' ? { ...config, serialize: (text) => text.replace('.000000', '') } : config,
    },
  },
}

serve(async (port) => {
  const app = makeDoor()
  const server = postgraphile({
    extends: [PostGraphileAmberPreset],
    plugins: [shape, wholeSeconds],
    disablePlugins: ['NodePlugin', 'PgAllRowsPlugin', 'PgRowByUniquePlugin'],
    pgServices: [makePgService({ pool, schemas: ['bench_graph'] })],
    grafast: {
      context: ({ fastifyv5 }) => ({ asking: { ...fastifyv5.request.asking, looks: new Map() } }),
    },
    grafserv: { graphiql: false, watch: false },
  }).createServ(grafserv)
  await server.addTo(app)
  return listen(app, port)
})

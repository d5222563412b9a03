// The rows of a look in the shape of the contract, without what may not be shown

import { known } from './duties.mjs'
import { takeLook } from './look.mjs'

const { decision, statusNames } = known
const OVERDUE = new Set('1234567')
const NEGATIVE = new Set('1234567BDZ')
const CLOSED = new Set(['SETTLED', 'ENDED', 'TRANSFERRED'])
const BAD_END = new Set(['BAD_DEBT', 'WRITTEN_OFF', 'IN_RECOVERY'])
const HISTORY_MONTHS = 24

export async function creditReport(asking, asked) {
  return shape(asking.caller, await takeLook(asking, asked))
}

export const instantText = (now) => now.toISOString().replace('Z', '000+00:00')

function shape(caller, { cipher, now, read, disclosure }) {
  const [idType, country, idNumber, names, birthDate, accountRows, inquiryRows, actionRows, planRows] = read
  const cutoff = retentionCutoff(now)
  const accounts = accountsOf(accountRows ?? [], caller.memberId, cipher, cutoff)
  return {
    asOf: instantText(now),
    subject: {
      idType,
      country,
      idNumber: cipher.unseal('id_number', idNumber),
      names: JSON.parse(cipher.unseal('names', names)),
      birthDate: birthDate && cipher.unseal('birth_date', birthDate),
    },
    summary: summaryOf(accounts),
    accounts,
    inquiries: (inquiryRows ?? []).map(inquiryOf),
    collectionActions: actionsOf(actionRows ?? [], caller.memberId, cutoff),
    repaymentPlans: plansOf(planRows ?? [], caller.memberId, cutoff),
    disclosure,
  }
}

/** Conduct that ended before this day is not shown any more. */
export function retentionCutoff(now) {
  const cutoff = new Date(now)
  cutoff.setUTCFullYear(cutoff.getUTCFullYear() - decision.negativeRetentionYears)
  return cutoff.toISOString().slice(0, 10)
}

const money = (minor, currency) => (minor === null ? null : { minor, currency })

/** What the exchange adds to tell joint holders of an account apart follows a unit separator. */
export const referenceOf = (cipher, sealed) => cipher.unseal('account_ref', sealed).replace(/\x1f[0-9a-f]{16}$/, '')

function accountsOf(rows, reader, cipher, cutoff) {
  const accounts = []
  for (const row of rows) {
    const [
      id, accountRef, contributor, furnisherClass, ownerRole, portfolio, product, state, fiveClass, complianceFlag,
      openedOn, maturesOn, closedOn, reportedOn, currency, originalAmount, creditLimit, balance, pastDue, daysPastDue,
      historyMonth, historyCodes, historyPastDue, hiddenMonths,
    ] = row // prettier-ignore
    if (BAD_END.has(state) && closedOn !== null && closedOn < cutoff) continue
    accounts.push({
      id, furnisherClass, ownBook: contributor === reader, ownerRole, portfolio, product, state, fiveClass,
      complianceFlag, openedOn, maturesOn, closedOn, reportedOn, daysPastDue, contributor, currency,
      accountRef: referenceOf(cipher, Buffer.from(accountRef, 'hex')),
      originalAmount: money(originalAmount, currency),
      creditLimit: money(creditLimit, currency),
      balance: money(balance, currency),
      pastDue: money(pastDue, currency),
      months: monthsOf(historyMonth, historyCodes, historyPastDue, hiddenMonths, currency, cutoff),
    }) // prettier-ignore
  }
  return accounts
}

const monthNumber = (day) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1
const monthNames = new Map()

function monthName(number) {
  let name = monthNames.get(number)
  if (!name) {
    name = `${Math.floor(number / 12)}-${String((number % 12) + 1).padStart(2, '0')}-01`
    monthNames.set(number, name)
  }
  return name
}

export function monthsOf(newestMonth, codes, pastDue, hidden, currency, cutoff) {
  if (!codes) return []
  const newest = monthNumber(newestMonth)
  const latest = decision.historyTo ? monthNumber(decision.historyTo) : newest
  const earliest = decision.historyFrom ? monthNumber(decision.historyFrom) : -Infinity
  const first = Math.max(0, newest - latest)
  const stop = Math.min(codes.length, newest - earliest + 1, first + HISTORY_MONTHS)
  const months = []
  for (let position = first; position < stop; position++) {
    const month = monthName(newest - position)
    const code = codes[position]
    const tooOld = NEGATIVE.has(code) && monthName(newest - position + 1) < cutoff
    if (tooOld || hidden?.includes(month)) {
      months.push({ month, code: '#', status: 'UNKNOWN', pastDue: null })
      continue
    }
    months.push({
      month,
      code,
      status: statusNames[code],
      pastDue: pastDue ? money(pastDue[position], currency) : null,
    })
  }
  return months
}

function summaryOf(accounts) {
  const stillOpen = accounts.filter((account) => account.closedOn === null && !CLOSED.has(account.state))
  const inArrears = stillOpen.filter((account) => account.pastDue?.minor)
  let lateMonths = 0
  for (const account of accounts) for (const month of account.months) if (OVERDUE.has(month.code)) lateMonths++
  return {
    accounts: accounts.length,
    openAccounts: stillOpen.length,
    lenders: new Set(stillOpen.map((account) => account.contributor)).size,
    lendersInArrears: new Set(inArrears.map((account) => account.contributor)).size,
    totals: totalsOf(stillOpen),
    oldestOpenedOn: accounts.length ? accounts.reduce((day, a) => (a.openedOn < day ? a.openedOn : day), '9') : null,
    lateMonths,
  }
}

function totalsOf(accounts) {
  const sums = {}
  for (const { currency, balance, pastDue, creditLimit } of accounts) {
    const sum = (sums[currency] ??= { balance: 0, pastDue: 0, creditLimit: 0 })
    sum.balance += balance?.minor ?? 0
    sum.pastDue += pastDue?.minor ?? 0
    sum.creditLimit += creditLimit?.minor ?? 0
  }
  return Object.keys(sums)
    .sort()
    .map((currency) => ({
      balance: money(sums[currency].balance, currency),
      pastDue: money(sums[currency].pastDue, currency),
      creditLimit: money(sums[currency].creditLimit, currency),
    }))
}

const instant = (text) => text.replace(/\.(\d+)/, (_, digits) => `.${digits.padEnd(6, '0')}`)

function inquiryOf([id, askedAt, memberClass, purpose, hard]) {
  return { id, askedAt: instant(askedAt), memberClass, purpose, hard }
}

function actionsOf(rows, reader, cutoff) {
  const shown = []
  for (const row of rows) {
    const [
      id, accountIds, contributor, furnisherClass, stage, channel, direction, target, startedAt, durationSeconds,
      result, promised, currency, promisedOn, promiseKept,
    ] = row // prettier-ignore
    const day = startedAt.slice(0, 10)
    if (day < cutoff || day < (decision.historyFrom ?? '') || day > (decision.historyTo ?? '9')) continue
    shown.push({
      id, accountIds, furnisherClass, ownBook: contributor === reader, stage, channel, direction, target,
      startedAt: instant(startedAt), durationSeconds, result, promisedOn, promiseKept,
      promised: money(promised, currency),
    }) // prettier-ignore
  }
  return shown
}

function plansOf(rows, reader, cutoff) {
  const shown = []
  for (const row of rows) {
    const [
      id, accountIds, contributor, furnisherClass, planType, state, chosenOption, proposedOn, acceptedOn, endedOn,
      reportingTreatment, waived, currency, schedule,
    ] = row // prettier-ignore
    if (endedOn !== null && endedOn < cutoff) continue
    shown.push({
      id, accountIds, furnisherClass, ownBook: contributor === reader, planType, state, chosenOption, proposedOn,
      acceptedOn, endedOn, reportingTreatment,
      waived: money(waived, currency),
      schedule: paymentsOf(schedule, currency),
    }) // prettier-ignore
  }
  return shown
}

export const paymentsOf = (schedule, currency) =>
  schedule.map(([dueOn, amount, paid]) => ({ dueOn, amount: money(amount, currency), paid: money(paid, currency) }))

// What the contract's fields with arguments resolve to

const page = (list, { first }) => ({
  nodes: first != null && first < list.length ? list.slice(0, first) : list,
  totalCount: list.length,
})

export const resolvers = {
  CreditReport: {
    accounts: (report, given) => page(report.accounts, given),
    inquiries: (report, given) => page(report.inquiries, given),
    collectionActions: (report, given) => page(report.collectionActions, given),
    repaymentPlans: (report, given) => page(report.repaymentPlans, given),
  },
  Account: {
    history: ({ months }, given) => (given.months < months.length ? months.slice(0, given.months) : months),
  },
}

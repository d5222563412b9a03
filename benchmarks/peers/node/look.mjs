// One look: the borrower found, the consent checked, the look recorded, the file read in the same statement

import { SubjectCipher, buildEntry, known, lookupTokens, newId, readConsent } from './duties.mjs'
import { one } from './database.mjs'
import { DISCLOSE, LOOK_UP, RECORD } from './statements.mjs'

const ATTEMPTS_MAX = 20
const { decision } = known
const SCOPES = ['credit:read', 'collection:read', 'plan:read']

/** A look that is recorded and reads the file. */
export const takeLook = (asking, asked) => take(asking, asked, 'disclose', DISCLOSE)

/** A look that is recorded and reads nothing yet. */
export const recordLook = (asking, asked) => take(asking, asked, 'record', RECORD)

/** Another look at the same borrower may come between; then it starts again. */
async function take({ caller, digest, leaves }, asked, name, statement) {
  const tokens = lookupTokens(asked.subject)
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const found = await lookUp(caller, tokens, asked)
    const cipher = new SubjectCipher(found.subjectKey, found.wrapped)
    const now = Date.now()
    const act = describe(caller, digest, asked, found, cipher, now)
    const [done, held, ...read] = await one(name, statement, act.values)
    if (done) {
      leaves.push(act.leafHash)
      return { subjectKey: found.subjectKey, cipher, now: new Date(now), read, disclosure: disclosureOf(asked, act) }
    }
    if (held) throw new Error('proof used before')
  }
  throw new Error('asked for too often')
}

async function lookUp(caller, tokens, asked) {
  const row = await one('look_up', LOOK_UP, [caller.memberId, caller.tokenId, tokens, asked.consentId])
  const [status, scopes, revoked, subjectKey, frozen, last, wrapped, state, uses, artefact, signatures] = row ?? []
  if (status !== 'ACTIVE' || revoked || !subjectKey || frozen) throw new Error('refused')
  if (!SCOPES.every((scope) => scopes.includes(scope) && caller.scopes.includes(scope))) throw new Error('refused')
  if (state !== 'ACTIVE') throw new Error('no consent')
  allow(readConsent(artefact, signatures.exchange.value), caller, asked, subjectKey)
  return { subjectKey, wrapped, last: Number(last), uses: Number(uses) }
}

/** State, period and uses are checked again by the statement that records the look. */
function allow(consent, caller, asked, subjectKey) {
  const now = Date.now()
  const holds =
    consent.consent_id === asked.consentId &&
    consent.subject_key === subjectKey &&
    consent.recipient === caller.memberId &&
    consent.purpose === asked.purpose &&
    asked.purpose === decision.purpose &&
    Date.parse(consent.starts_at) <= now &&
    now < Date.parse(consent.expires_at) &&
    consent.frequency === null &&
    decision.requested.every((name) => consent.field_classes.includes(name))
  if (!holds) throw new Error('consent does not allow this')
}

function describe(caller, digest, asked, found, cipher, now) {
  const sequence = found.last + 1
  const use = found.uses + 1
  const staff = [asked.staff.id, asked.staff.name]
  const entry = buildEntry(
    now,
    { subject: found.subjectKey, sequence },
    {
      act: 'look', member: caller.memberId, staff, purpose: asked.purpose, basis: 'CONSENT', consent: asked.consentId,
      ground: null, consent_use: use, requested: decision.requested, pack: decision.pack,
      request_digest: digest.toString('hex'), granted: true, released: decision.released, withheld: [],
      rules: decision.rules, reasons: [],
    }, // prettier-ignore
    cipher,
  )
  const inquiryKey = newId(now)
  const sealedStaff = cipher.seal(inquiryKey, JSON.stringify(staff))
  return {
    use,
    leafHash: entry.leafHash,
    values: [
      found.subjectKey, asked.consentId, use, sequence, new Date(now), caller.memberId, caller.tokenId,
      caller.onceDigest, caller.onceExpiresAt, inquiryKey, sealedStaff, asked.purpose, decision.requested,
      decision.released, decision.rules, decision.pack, entry.leafHash, entry.entryId, entry.leaf,
      entry.subjectOpening, entry.serviceOpening,
    ], // prettier-ignore
  }
}

const disclosureOf = (asked, act) => ({
  leafHash: act.leafHash.toString('base64'),
  basis: 'CONSENT',
  consentId: asked.consentId,
  consentUse: act.use,
  released: decision.released,
  withheld: [],
  rules: decision.rules,
  pack: decision.pack,
})

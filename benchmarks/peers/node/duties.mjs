// What every answer owes besides data, done as the service does it: blind index, consent's signature, opening of
// sealed fields, log entry, receipt

import * as crypto from 'node:crypto'
import { readFileSync } from 'node:fs'

export const sha256 = (data) => crypto.hash('sha256', data, 'buffer')
export const hmac = (key, data) => crypto.createHmac('sha256', key).update(data).digest()
export const base64 = (text) => Buffer.from(text, 'base64')

export const known = JSON.parse(readFileSync(`${process.env.PEER_HOME}/peers.json`, 'utf8'))
const CACHED_MAX = 20_000

export class BoundedCache extends Map {
  getOrMake(key, make) {
    let found = this.get(key)
    if (found === undefined) {
      if (this.size >= CACHED_MAX) this.delete(this.keys().next().value)
      this.set(key, (found = make()))
    }
    return found
  }
}

export class Refused extends Error {
  statusCode = 401
}

export function demand(holds, words) {
  if (!holds) throw new Refused(words)
}

// Blind index of an identity document

const indexKeys = known.indexKeys.map(base64)
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

function lengthPrefixed(...parts) {
  const chunks = []
  for (const part of parts) {
    const bytes = Buffer.from(part)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    chunks.push(length, bytes)
  }
  return Buffer.concat(chunks)
}

function normalise(idType, number) {
  const compact = number
    .normalize('NFKC')
    .replace(/[\s\-–—·.]+/g, '')
    .toUpperCase()
  if (idType !== 'RESIDENT_ID') return compact
  const sum = WEIGHTS.reduce((total, weight, position) => total + weight * Number(compact[position]), 0)
  demand(/^\d{17}[\dX]$/.test(compact) && '10X98765432'[sum % 11] === compact[17], 'resident id not valid')
  return compact
}

export function lookupTokens({ idType, country, idNumber }) {
  const number = normalise(idType, idNumber)
  const message = lengthPrefixed('openbureau identifier v1', idType, country.toUpperCase(), number)
  return indexKeys.map((key) => hmac(key, message))
}

// The exchange's countersignature of a consent, verified once

const signingKey = crypto.createPrivateKey(known.receiptKey)
const publicKey = crypto.createPublicKey(signingKey)
const consents = new BoundedCache()

export function readConsent(artefact, signature) {
  return consents.getOrMake(artefact.toString('latin1') + signature, () => {
    const message = Buffer.concat([Buffer.from('openbureau/consent/v1\n'), artefact])
    demand(crypto.verify(null, message, publicKey, base64(signature)), 'consent not as signed')
    return JSON.parse(artefact)
  })
}

// Personal fields: AES-256-GCM under the borrower's key, which is wrapped under one key

const wrappingKey = base64(known.wrappingKey)

function open(key, subjectKey, name, blob) {
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, blob.subarray(0, 12))
  decipher.setAAD(Buffer.concat([subjectKey, Buffer.from(name)]))
  decipher.setAuthTag(blob.subarray(-16))
  return Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()])
}

function seal(key, place, plaintext) {
  const nonce = crypto.randomBytes(12)
  const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(place)
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

const octets = (uuid) => Buffer.from(uuid.replaceAll('-', ''), 'hex')

export class SubjectCipher {
  constructor(subjectKey, wrapped) {
    this.subject = octets(subjectKey)
    this.key = open(wrappingKey, this.subject, 'key', wrapped)
  }

  unseal(name, blob) {
    return open(this.key, this.subject, name, blob).toString()
  }

  seal(id, plaintext) {
    return seal(this.key, Buffer.concat([this.subject, octets(id)]), plaintext)
  }
}

export function newId(milliseconds) {
  const bytes = crypto.randomBytes(16)
  bytes.writeUIntBE(milliseconds, 0, 6)
  bytes[6] = 0x70 | (bytes[6] & 0x0f)
  bytes[8] = 0x80 | (bytes[8] & 0x3f)
  return bytes.toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

// A log entry: a public leaf that commits to two groups of fields

const NO_SALT = Buffer.alloc(32)
const LABEL = Buffer.from('openbureau/log-entry/v1\n')

function digestsOf(fields, seed) {
  const extracted = hmac(NO_SALT, seed)
  const digests = {}
  for (const name in fields) {
    digests[name] = hmac(hmac(extracted, `${name}\x01`), JSON.stringify([name, fields[name]]))
  }
  return digests
}

function stored(seed, fields, others) {
  const digests = {}
  for (const name in others) digests[name] = others[name].toString('base64')
  return JSON.stringify({ v: 1, seed: seed.toString('base64'), fields, digests })
}

export function buildEntry(milliseconds, subjectFields, serviceFields, cipher) {
  const subjectSeed = crypto.randomBytes(32)
  const serviceSeed = crypto.randomBytes(32)
  const ofSubject = digestsOf(subjectFields, subjectSeed)
  const ofService = digestsOf(serviceFields, serviceSeed)
  const all = { ...ofSubject, ...ofService }
  const names = Object.keys(all).sort()
  const commitment = sha256(Buffer.concat([LABEL, Buffer.from(JSON.stringify(names)), ...names.map((n) => all[n])]))
  const leaf = Buffer.from(JSON.stringify({ c: commitment.toString('base64'), t: milliseconds, v: 1 }))
  const entryId = newId(milliseconds)
  return {
    entryId,
    leaf,
    leafHash: sha256(Buffer.concat([Buffer.from([0]), leaf])),
    subjectOpening: cipher.seal(entryId, stored(subjectSeed, subjectFields, ofService)),
    serviceOpening: seal(wrappingKey, octets(entryId), stored(serviceSeed, serviceFields, ofSubject)),
  }
}

// The receipt over the bytes of an answer (RFC 7797)

export function receiptFor(body, memberId, digest, leaves) {
  const now = Date.now()
  const header = {
    alg: 'Ed25519',
    b64: false,
    crit: ['b64'],
    typ: 'openbureau-receipt',
    kid: known.receiptKeyId,
    iat: Math.floor(now / 1000),
    request_id: newId(now),
    member: memberId,
    request_digest: digest.toString('base64'),
    leaves: leaves.map((leaf) => leaf.toString('base64')),
    log_origin: known.logOrigin,
    integrate_by: Math.floor(now / 1000) + known.integrateSeconds,
  }
  const protectedHeader = Buffer.from(JSON.stringify(header)).toString('base64url')
  const signature = crypto.sign(null, Buffer.from(`${protectedHeader}.${body}`), signingKey)
  return `${protectedHeader}..${signature.toString('base64url')}`
}

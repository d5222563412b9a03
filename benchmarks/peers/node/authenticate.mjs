// Who asks: access token (RFC 9068) and proof of possession (RFC 9449)

import * as crypto from 'node:crypto'
import { BoundedCache, base64, demand, hmac, known, sha256 } from './duties.mjs'

const ISSUER = process.env.PEER_ISSUER
const TARGET = `${ISSUER}/graphql`
const tokenKeys = new Map(known.tokenKeys.map((jwk) => [jwk.kid, crypto.createPublicKey({ key: jwk, format: 'jwk' })]))
const verifiedTokens = new BoundedCache()
const proofKeys = new BoundedCache()

const readJson = (segment) => JSON.parse(base64(segment))

function isSigned(segments, key) {
  const signed = Buffer.from(`${segments[0]}.${segments[1]}`)
  return crypto.verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, base64(segments[2]))
}

function readToken(text) {
  const segments = text.split('.')
  const header = readJson(segments[0])
  const key = tokenKeys.get(header.kid)
  demand(key && header.typ === 'at+jwt' && header.alg === 'ES256' && isSigned(segments, key), 'token not ours')
  const claims = readJson(segments[1])
  demand(claims.iss === ISSUER && claims.aud === ISSUER, 'token for another service')
  return {
    memberId: claims.client_id,
    scopes: claims.scope.split(' '),
    tokenId: claims.jti,
    thumbprint: claims.cnf.jkt,
    expiresAt: claims.exp,
    hash: sha256(text).toString('base64url'),
  }
}

function readProofKey(segment) {
  const { typ, alg, jwk } = readJson(segment)
  demand(typ === 'dpop+jwt' && alg === 'ES256' && jwk.kty === 'EC', 'proof of another kind')
  const canonical = JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y })
  return {
    key: crypto.createPublicKey({ key: jwk, format: 'jwk' }),
    thumbprint: sha256(canonical).toString('base64url'),
  }
}

const nonceSecret = hmac(base64(known.nonceKey), 'openbureau dpop nonce v1')
const nonces = new BoundedCache()

function nonceOf(window) {
  return nonces.getOrMake(window, () => {
    const stretch = Buffer.alloc(8)
    stretch.writeBigInt64BE(BigInt(window))
    return hmac(nonceSecret, stretch).subarray(0, 18).toString('base64url')
  })
}

function isNonce(value, seconds) {
  const window = Math.floor(seconds / Math.max(1, Math.floor(known.nonceSeconds / 2)))
  return value === nonceOf(window) || value === nonceOf(window - 1)
}

export function authenticate(headers) {
  const text = /^DPoP +([\w.-]+)$/i.exec(headers.authorization ?? '')?.[1]
  demand(text && headers.dpop, 'token or proof missing')
  const seconds = Date.now() / 1000
  const token = verifiedTokens.getOrMake(text, () => readToken(text))
  demand(seconds < token.expiresAt, 'token expired')
  const segments = headers.dpop.split('.')
  const { key, thumbprint } = proofKeys.getOrMake(segments[0], () => readProofKey(segments[0]))
  demand(isSigned(segments, key), 'proof not signed by its key')
  const proof = readJson(segments[1])
  const age = seconds - proof.iat
  demand(proof.htm === 'POST' && proof.htu === TARGET && proof.ath === token.hash, 'proof for something else')
  demand(age <= known.proofAgeSeconds && -age <= known.clockAheadSeconds, 'proof of another time')
  demand(thumbprint === token.thumbprint && isNonce(proof.nonce, seconds), 'proof by another key or without nonce')
  const remembered = known.proofAgeSeconds + known.clockAheadSeconds
  return {
    ...token,
    onceDigest: sha256(`${thumbprint.length}:${thumbprint}${proof.jti}`),
    onceExpiresAt: new Date((proof.iat + remembered) * 1000),
  }
}

// A lender as anybody would write it, on openid-client. Reads one command a line (JSON) and answers each with one line:
// {"ok": ...} or {"error": {...}}. What it does, it does as the library does it; nothing here knows the exchange.

import { createInterface } from 'node:readline'
import { auditServer } from 'graphql-http'
import * as client from 'openid-client'

const setup = JSON.parse(process.env.LENDER)
const issuer = new URL(setup.issuer)
const es256 = { name: 'ECDSA', namedCurve: 'P-256' }
const keys = [await client.randomDPoPKeyPair('ES256'), await client.randomDPoPKeyPair('Ed25519')]

let config
let handles
let verifier
let state

const commands = {
  // Everything from the discovery document; plain http is for this machine alone.
  async discover() {
    const key = await crypto.subtle.importKey('jwk', setup.jwk, es256, false, ['sign'])
    const authentication = client.PrivateKeyJwt({ key, kid: setup.kid })
    const options = { algorithm: 'oauth2', execute: [client.allowInsecureRequests] }
    config = await client.discovery(issuer, setup.client_id, undefined, authentication, options)
    handles = keys.map((pair) => client.getDPoPHandle(config, pair))
    return config.serverMetadata()
  },
  async credentials({ scope }) {
    return client.clientCredentialsGrant(config, { scope }, { DPoP: handles[0] })
  },
  async push({ details, key = 0, changes = {}, proof = true }) {
    verifier = client.randomPKCECodeVerifier()
    state = client.randomState()
    const parameters = {
      redirect_uri: setup.redirect_uri,
      state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      authorization_details: JSON.stringify(details),
      ...changes,
    }
    const options = proof ? { DPoP: handles[key] } : {}
    return (await client.buildAuthorizationUrlWithPAR(config, parameters, options)).href
  },
  async redeem({ back, key = 0, wrong_verifier = false }) {
    const pkceCodeVerifier = wrong_verifier ? client.randomPKCECodeVerifier() : verifier
    const checks = { pkceCodeVerifier, expectedState: state }
    return client.authorizationCodeGrant(config, new URL(back), checks, undefined, { DPoP: handles[key] })
  },
  async refresh({ refresh_token, key = 0 }) {
    return client.refreshTokenGrant(config, refresh_token, undefined, { DPoP: handles[key] })
  },
  async ask({ token, query, variables, key = 0 }) {
    const url = new URL('/graphql', issuer)
    const headers = new Headers({ 'content-type': 'application/json' })
    const body = JSON.stringify({ query, variables })
    const response = await client.fetchProtectedResource(config, token, url, 'POST', body, headers, {
      DPoP: handles[key],
    })
    return { status: response.status, receipt: response.headers.has('openbureau-receipt'), body: await response.json() }
  },
  // All that graphql-http finds at an address; with a token, each of its requests is sent with a proof of its own.
  async audit({ path, token }) {
    const proven = (url, { method = 'GET', headers, body } = {}) =>
      client.fetchProtectedResource(config, token, new URL(url), method, body, new Headers(headers), {
        DPoP: handles[0],
      })
    const results = await auditServer({ url: new URL(path, issuer).href, fetchFn: token ? proven : fetch })
    return results.map(({ id, name, status, reason }) => ({ id, name, status, reason: reason ?? null }))
  },
  async revoke({ token }) {
    await client.tokenRevocation(config, token)
    return null
  },
  async introspect({ token }) {
    return client.tokenIntrospection(config, token)
  },
  async grant({ type, parameters }) {
    return client.genericGrantRequest(config, type, parameters, { DPoP: handles[0] })
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...given } = JSON.parse(line)
  let answer
  try {
    answer = { ok: await commands[command](given) }
  } catch (fault) {
    const challenge = fault.cause?.[0]?.parameters
    answer = { error: { name: fault.name, code: fault.code, oauth: fault.error ?? challenge?.error, message: fault.message } }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

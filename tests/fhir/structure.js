// Cardinalities, types, unknown members and required codes by HL7's R4 structure definitions.
// One line a file: name, tab, what is wrong with it (nothing where it is good).
const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Fhir } = require('fhir');

const fhir = new Fhir();
for (const folder of process.argv.slice(2)) {
  for (const name of readdirSync(folder).sort()) {
    const bundle = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const { messages } = fhir.validate(bundle, { errorOnUnexpected: true });
    const wrong = messages.filter((m) => m.severity === 'error' || m.severity === 'fatal');
    console.log(`${name}\t${wrong.map((m) => `${m.location}: ${m.message}`).join('; ')}`);
  }
}

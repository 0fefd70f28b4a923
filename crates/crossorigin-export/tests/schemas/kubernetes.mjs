// Holds documents against the schemas of the custom resources that packages publish: node kubernetes.mjs FOLDER.
//
// Run in a folder whose node_modules has the packages. Prints what is wrong, and ends with 1 where something is.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import yaml from 'js-yaml';
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import { VirtualService } from '@kubernetes-models/istio/networking.istio.io/v1';
import { Middleware } from '@kubernetes-models/traefik/traefik.io/v1alpha1';

const documents = (name) => yaml.loadAll(readFileSync(join(process.argv[2], name), 'utf8'));
let wrong = 0;
let checked = 0;

// The names of all keys that the types of a package have. A cluster drops what a schema does not know, and so these do.
function known(name) {
  const folder = join('node_modules/@kubernetes-models', name);
  const files = readdirSync(join(import.meta.dirname, folder), { recursive: true }).filter((file) => file.endsWith('.d.ts'));
  const names = files.flatMap((file) => [
    ...readFileSync(join(import.meta.dirname, folder, file), 'utf8').matchAll(/^\s*"?(\w+)"?\??:/gm),
  ]);
  return new Set(names.map((match) => match[1]));
}

// Keys that the types don't have; headers are keys of the writer's own.
function* unknown(names, value) {
  if (value === null || typeof value !== 'object') return;
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value) && !names.has(key)) yield key;
    const isOfHeaders = ['customResponseHeaders', 'set', 'add'].includes(key) && !Array.isArray(inner);
    if (!isOfHeaders) yield* unknown(names, inner);
  }
}

const NAMES = { HTTPRoute: known('gateway-api'), VirtualService: known('istio'), Middleware: known('traefik') };

function check(what, model) {
  checked += 1;
  try {
    const missing = [...unknown(NAMES[what.split(' ')[0]], model.toJSON().spec)];
    if (missing.length > 0) throw new Error(`there is no ${missing.join(', ')}`);
    model.validate();
  } catch (error) {
    console.log(`${what}: ${error.message}`);
    wrong += 1;
  }
}

// What has to be refused, lest nothing be: each is a document in which one thing is wrong.
function refuse(what, model) {
  try {
    model.validate();
  } catch {
    checked += 1;
    return;
  }
  console.log(`${what} is not refused`);
  wrong += 1;
}

for (const document of documents('gateway-api-http-route.yaml')) check('HTTPRoute', new HTTPRoute(document));
for (const document of documents('istio-virtual-service.yaml')) check('VirtualService', new VirtualService(document));
for (const document of documents('traefik-dynamic.yaml')) {
  // A file's middlewares have the form of the custom resource's.
  for (const [name, spec] of Object.entries(document.http.middlewares)) {
    check(`Middleware ${name}`, new Middleware({ metadata: { name }, spec }));
  }
}

if ([...unknown(NAMES.HTTPRoute, { filters: [{ cors: { allowedOrigins: [] } }] })].join() !== 'allowedOrigins') {
  console.log('a key that is misspelt is not found');
  wrong += 1;
}
const route = (cors) => new HTTPRoute({ metadata: { name: 'a' }, spec: { rules: [{ filters: [{ type: 'CORS', cors }] }] } });
for (const origin of ['capacitor://localhost', 'null', 'http://localhost:*', 'http://[::1]:3000']) {
  refuse(`the origin ${origin}`, route({ allowOrigins: [origin] }));
}
refuse('a method of its own', route({ allowMethods: ['PURGE'] }));
refuse('a max-age of 0', route({ maxAge: 0 }));
refuse('65 origins', route({ allowOrigins: Array.from({ length: 65 }, (_, n) => `https://a${n}.example`) }));
const service = (corsPolicy) => new VirtualService({ metadata: { name: 'a' }, spec: { hosts: ['*'], http: [{ corsPolicy }] } });
refuse('unmatchedPreflights', service({ unmatchedPreflights: 'OTHER' }));
refuse('a max-age in words', new Middleware({ metadata: { name: 'a' }, spec: { headers: { accessControlMaxAge: '1m' } } }));
console.log(`${checked} checked, ${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;

// Starts azurite on a free port, gives it the service properties of a file, puts requests to it, and prints what it answers.
//
// node azurite.mjs CORS.xml < requests.json, from a folder with azurite in its node_modules. A request has method and headers;
// an answer has status and headers.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';

// Azurite's own account, the same everywhere.
const ACCOUNT = 'devstoreaccount1';
const KEY =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const VERSION = '2021-12-02';

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const send = (port, method, path, headers, body = '') =>
  new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end(body);
  });

function signed(method, path, query, headers, length) {
  const own = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ms-'))
    .sort()
    .map(([name, value]) => `${name}:${value}`);
  const resource = [`/${ACCOUNT}${path}`, ...Object.entries(query).sort().map(([key, value]) => `${key}:${value}`)];
  const text = [method, '', '', length || '', '', headers['content-type'] ?? '', '', '', '', '', '', '', ...own, ...resource];
  const signature = createHmac('sha256', Buffer.from(KEY, 'base64')).update(text.join('\n'), 'utf8').digest('base64');
  return { ...headers, authorization: `SharedKey ${ACCOUNT}:${signature}` };
}

const put = (port, path, query, extra, body) => {
  const headers = { 'x-ms-date': new Date().toUTCString(), 'x-ms-version': VERSION, ...extra };
  const search = new URLSearchParams(query).toString();
  const length = Buffer.byteLength(body);
  const all = { ...signed('PUT', path, query, headers, length), 'content-length': length };
  return send(port, 'PUT', `${path}?${search}`, all, body);
};

const port = await freePort();
const program = join(process.cwd(), 'node_modules/azurite/dist/src/blob/main.js');
const azurite = spawn(process.execPath, [program, '--blobHost', '127.0.0.1', '--blobPort', String(port), '--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry'], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  await new Promise((resolve, reject) => {
    azurite.on('exit', (code) => reject(new Error(`azurite ended with ${code}`)));
    azurite.stdout.on('data', (chunk) => String(chunk).includes('successfully listens') && resolve());
  });
  const expect = (answer, status, what) => {
    if (answer.status !== status) throw new Error(`${what}: ${answer.status} ${answer.text}`);
  };
  const xml = readFileSync(process.argv[2], 'utf8');
  const properties = await put(port, `/${ACCOUNT}`, { comp: 'properties', restype: 'service' }, { 'content-type': 'application/xml' }, xml);
  expect(properties, 202, 'the service properties');
  expect(await put(port, `/${ACCOUNT}/box`, { restype: 'container' }, { 'x-ms-blob-public-access': 'blob' }, ''), 201, 'a container');
  const blob = { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'text/plain' };
  expect(await put(port, `/${ACCOUNT}/box/a.txt`, {}, blob, 'hello'), 201, 'a blob');
  const answers = [];
  for (const { method, headers } of JSON.parse(readFileSync(0, 'utf8'))) {
    const { status, headers: got } = await send(port, method, `/${ACCOUNT}/box/a.txt`, headers);
    answers.push({ status, headers: got });
  }
  console.log(JSON.stringify(answers));
} finally {
  azurite.removeAllListeners('exit');
  azurite.kill();
}

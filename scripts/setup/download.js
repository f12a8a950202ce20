// Fetches one file and keeps it only if its SHA-256 is the one asked for.
const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');

async function fetchTo(url, file) {
  try {
    // curl knows the proxies of the environment, which Node's own fetch does not.
    execFileSync('curl', ['-fsSL', '--retry', '2', '--connect-timeout', '15', '-o', file, url]);
  } catch (error) {
    if (error.code !== 'ENOENT') throw new Error(`curl could not fetch ${url}`);
    const response = await fetch(url, { signal: AbortSignal.timeout(300_000) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    fs.writeFileSync(file, Buffer.from(await response.arrayBuffer()));
  }
}

async function main([url, file, expected]) {
  await fetchTo(url, file);
  const actual = createHash('sha256').update(fs.readFileSync(file)).digest('hex');
  if (actual !== expected) {
    fs.rmSync(file);
    throw new Error(`SHA-256 is ${actual}, not ${expected}`);
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});

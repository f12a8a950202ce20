// What setup.sh must know about this Node: the cache key of a native binary, or where its headers are.
const fs = require('node:fs');
const path = require('node:path');

const commands = {
  key() {
    const { version } = require('sqlite3/package.json');
    process.report.excludeNetwork = true;
    const libc = process.report.getReport().header.glibcVersionRuntime ?? 'other';
    const abi = process.versions.modules;
    return `${version}-${process.platform}-${process.arch}-libc${libc}-abi${abi}`;
  },
  headers() {
    const prefix = path.dirname(path.dirname(fs.realpathSync(process.execPath)));
    const file = path.join(prefix, 'include/node/node_version.h');
    if (!fs.existsSync(file)) return '';
    const text = fs.readFileSync(file, 'utf8');
    const part = (name) => new RegExp(`#define NODE_${name}_VERSION (\\d+)`).exec(text)?.[1];
    const version = ['MAJOR', 'MINOR', 'PATCH'].map(part).join('.');
    return version === process.versions.node ? prefix : '';
  },
};

process.stdout.write(commands[process.argv[2]]());

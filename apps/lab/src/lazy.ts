import { createRequire } from 'node:module';

const load = createRequire(__filename);

/**
 * Loads a module of this folder when it is first needed, so that `--help` and complaints about options do not wait for Nest,
 * NATS and the database. `import()` would do, but asks for paths with `.js`, which the tests that run the sources do not have.
 */
export function lazily<Module>(path: `./${string}`): Module {
  return load(path) as Module;
}

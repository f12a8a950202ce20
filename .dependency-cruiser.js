// The import direction between the rooms, as docs and reviews speak of it. What is not listed here is refused.
const libraries = {
  domain: { rooms: [], packages: [] },
  stats: { rooms: [], packages: [] },
  contracts: { rooms: ['domain'], packages: ['zod', 'yaml'] },
  conformance: { rooms: ['domain'], packages: [] },
  audit: { rooms: ['domain', 'contracts'], packages: [] },
  study: { rooms: ['domain', 'contracts', 'audit', 'stats'], packages: ['zod'] },
  report: { rooms: ['domain', 'contracts', 'audit', 'stats', 'study'], packages: [] },
  hosting: { rooms: ['domain', 'contracts'], packages: [] },
  units: { rooms: ['domain', 'contracts', 'hosting', 'stats'], packages: [] },
  simulation: { rooms: ['domain', 'contracts', 'hosting', 'units', 'stats', 'audit'], packages: [] },
  record: { rooms: ['domain', 'contracts', 'audit', 'stats'] },
  runtime: { rooms: ['domain', 'contracts', 'hosting', 'units', 'messaging', 'audit', 'stats'] },
  messaging: { rooms: ['domain', 'contracts', 'hosting', 'audit', 'stats'] },
};

// Some specs need a generator of cases or the test framework, in every room.
const specs = '[.](spec|testkit)[.]ts$';
const specPackages = ['fast-check', 'jest', '@jest/[^/]+', '@types/jest'];
const installed = (packages) => `(^|/)node_modules/(${packages.join('|')})/`;

const roomRules = Object.entries(libraries).map(([name, { rooms }]) => ({
  name: `rooms-of-${name}`,
  comment: `libs/${name} imports ${rooms.join(', ') || 'no other room'}.`,
  severity: 'error',
  from: { path: `^libs/${name}/` },
  to: { path: '^(libs|apps)/', pathNot: `^libs/(${[name, ...rooms].join('|')})/` },
}));

const packageRules = Object.entries(libraries)
  .filter(([, { packages }]) => packages !== undefined)
  .flatMap(([name, { packages }]) => [
    {
      name: `packages-of-${name}`,
      comment: `libs/${name} is free of the platform; of packages it imports ${packages.join(', ') || 'none'}.`,
      severity: 'error',
      from: { path: `^libs/${name}/`, pathNot: specs },
      to: { path: 'node_modules/', ...(packages.length > 0 ? { pathNot: installed(packages) } : {}) },
    },
    {
      name: `packages-of-${name}-specs`,
      comment: `The specs of libs/${name} may use the test framework and fast-check besides.`,
      severity: 'error',
      from: { path: `^libs/${name}/.*${specs}` },
      to: { path: 'node_modules/', pathNot: installed([...packages, ...specPackages]) },
    },
    {
      name: `platform-of-${name}`,
      comment: `libs/${name} runs in the simulator too, so it imports no module of Node.`,
      severity: 'error',
      from: { path: `^libs/${name}/` },
      to: { dependencyTypes: ['core'] },
    },
  ]);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...roomRules,
    ...packageRules,
    {
      name: 'apps-are-apart',
      comment: 'Apps speak over NATS; what two of them share belongs in a library.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'front-doors',
      comment: 'A library is entered by its index; a testkit beside it is for specs.',
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/|^(test|bench)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: '^libs/[^/]+/src/index[.]ts$|[.]testkit[.]ts$|^$1/$2/' },
    },
    {
      name: 'specs-stay-out',
      comment: 'The build leaves specs and testkits out, so nothing that is built may import them.',
      severity: 'error',
      from: { path: '^(libs|apps|bench)/', pathNot: specs },
      to: { path: specs },
    },
    {
      name: 'test-and-bench-are-ends',
      comment: 'Nobody imports what only measures or tests.',
      severity: 'error',
      from: { path: '^(libs|apps)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'test-and-bench-apart',
      comment: 'Nobody imports what only measures or tests.',
      severity: 'error',
      from: { path: '^(test|bench)/' },
      to: { path: '^(test|bench)/', pathNot: '^$1/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      comment:
        'A rule cannot judge an import that leads nowhere. The console has its libraries by the addresses of the service.',
      severity: 'error',
      from: { pathNot: '^apps/event-log/src/console/browser/(vendor|directives)[.]js$' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|[.]cache)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};

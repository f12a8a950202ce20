// What is mutated, part by part, and where the specs are that a part's mutants have to face: files, or folders without what is below. Small parts keep the run of one mutant short.
const DOMAIN = 'libs/domain/src';

/** Code that only names things for others. */
const NOT_MUTATED = ['!**/*.spec.ts', '!**/*.testkit.ts', '!**/index.ts'];

module.exports = {
  iopf: {
    name: 'I/O page fault layer',
    mutate: [`${DOMAIN}/iopf/**/*.ts`, ...NOT_MUTATED],
    tests: [`${DOMAIN}/iopf`, 'test/conformance/iopf.spec.ts'],
  },
  hardware: {
    name: 'IOMMU hardware and profiles',
    mutate: [`${DOMAIN}/iommu/hardware/**/*.ts`, `${DOMAIN}/iommu/profile.ts`, ...NOT_MUTATED],
    // Without the recorded vectors, which would find some more: reading them for every mutant takes four times as long.
    tests: [`${DOMAIN}/iommu/hardware`],
  },
  iommu: {
    name: 'living IOMMU',
    mutate: [`${DOMAIN}/iommu/*.ts`, `!${DOMAIN}/iommu/profile.ts`, ...NOT_MUTATED],
    tests: [`${DOMAIN}/iommu`],
  },
};

import { formatCount } from '@faultline/stats';
import type { MachineFacts, RunReportData } from '../report-data';

const NOT_RECORDED = 'not recorded';

/** In what two runs differ beside their scenarios, so that their wall times say nothing of the scenarios. */
export function originDifferences(before: RunReportData, after: RunReportData): string[] {
  const [was, is] = [versionOf(before), versionOf(after)];
  return [
    ...machineDifferences(before.machine, after.machine),
    ...(was === is ? [] : [`version ${was} -> ${is}`]),
  ];
}

function versionOf({ program }: RunReportData): string {
  if (program === null) return NOT_RECORDED;
  return program.commit === null ? program.version : `${program.version} (${program.commit})`;
}

function machineDifferences(before: MachineFacts | null, after: MachineFacts | null): string[] {
  if (before === null && after === null) return [];
  if (before === null || after === null)
    return [`machine ${before?.cpu ?? NOT_RECORDED} -> ${after?.cpu ?? NOT_RECORDED}`];
  const [was, is] = [factsOf(before), factsOf(after)];
  return was.flatMap(([name, fact], place) => {
    const other = is[place]?.[1] ?? '';
    return fact === other ? [] : [`${name} ${fact} -> ${other}`];
  });
}

/** Memory in whole GiB: a system does not always tell the same number of bytes. */
function factsOf({ cpu, cores, memoryBytes, os, node }: MachineFacts): [string, string][] {
  return [
    ['processor', cpu],
    ['cores', formatCount(cores)],
    ['memory', `${Math.round(memoryBytes / 2 ** 30)} GiB`],
    ['system', os],
    ['Node.js', node],
  ];
}

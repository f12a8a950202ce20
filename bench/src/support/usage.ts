import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** One process of a system under measurement. */
export interface Named {
  name: string;
  pid: number;
}

/** What a process has used since it began. */
export interface Usage {
  cpuSeconds: number;
  /** Resident memory now, and the most it ever was; where only `ps` is there, both are what it is now. */
  residentBytes: number;
  peakResidentBytes: number;
}

/** Linux counts processor time in ticks of a hundredth of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;

/** Reads the kernel's own counters: no process has to measure itself. Throws when the process is gone. */
export function usageOf(pid: number): Usage {
  return process.platform === 'linux' ? usageFromProc(pid) : usageFromPs(pid);
}

function usageFromProc(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { cpuSeconds: parseProcStat(stat), ...parseProcStatus(status) };
}

/** Processor seconds, in user and kernel mode. The name in parentheses may itself hold spaces and parentheses. */
export function parseProcStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function parseProcStatus(status: string): Pick<Usage, 'residentBytes' | 'peakResidentBytes'> {
  const bytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
  return { residentBytes: bytes('VmRSS'), peakResidentBytes: bytes('VmHWM') };
}

function usageFromPs(pid: number): Usage {
  const line = execFileSync('ps', ['-o', 'time=,rss=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  return parsePs(line);
}

/** A line such as `1:02.50 123456` or `01:00:02 123456`. */
export function parsePs(line: string): Usage {
  const [time = '0', resident = '0'] = line.split(/\s+/);
  const cpuSeconds = time
    .replace('-', ':')
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);
  const residentBytes = Number(resident) * 1024;
  return { cpuSeconds, residentBytes, peakResidentBytes: residentBytes };
}

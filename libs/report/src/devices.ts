import { deviceOf, iommuOf, type ResolvedScenario } from '@faultline/contracts';
import type { DeviceFigures, FaultFigures } from './fault-figures';
import { type Cell, roundMicros, type Table } from './figure';

const COLUMNS = [
  ...['device', 'IOMMU', 'model', 'faults', 'not SUCCESS', 'retried', 'not taken', 'never settled'].map(
    (name) => ({
      name,
      unit: '',
    }),
  ),
  ...['p50', 'p99', 'max'].map((name) => ({ name, unit: 'µs' })),
];

/** Each device that sent a fault or that the scenario has, in order; end-to-end times in wall time. */
export function deviceTable({ devices }: FaultFigures, scenario: ResolvedScenario | null): Table {
  const known = (scenario?.devices ?? []).map(({ device }) => device);
  const numbers = [...new Set([...known, ...devices.keys()])].sort((one, other) => one - other);
  return { columns: COLUMNS, rows: numbers.map((number) => rowOf(number, devices.get(number), scenario)) };
}

function rowOf(
  number: number,
  figures: DeviceFigures | undefined,
  scenario: ResolvedScenario | null,
): Cell[] {
  const device = scenario ? deviceOf(scenario, number) : undefined;
  const iommu = scenario && device ? iommuOf(scenario, device.iommu) : undefined;
  const time = (percent: number): number | null =>
    figures && figures.endToEnd.count > 0 ? roundMicros(figures.endToEnd.percentile(percent)) : null;
  return [
    device?.name ?? `device ${number}`,
    iommu?.name ?? null,
    iommu?.model ?? null,
    figures?.faults ?? 0,
    figures?.answeredOtherwise ?? 0,
    figures?.retries ?? 0,
    figures?.notTaken ?? 0,
    figures?.unsettled ?? 0,
    time(50),
    time(99),
    time(100),
  ];
}

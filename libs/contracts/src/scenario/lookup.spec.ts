import { deviceOf, iommuOf, processOf } from './lookup';
import type { ResolvedDevice, ResolvedIommu, ResolvedProcess } from './resolved';

const numbered = <Entry>(...entries: object[]): Entry[] => entries as Entry[];

const scenario = {
  devices: numbered<ResolvedDevice>({ device: 7, name: 'nic' }, { device: 3, name: 'gpu' }),
  processes: numbered<ResolvedProcess>({ mm: 3, name: 'database' }),
  iommus: numbered<ResolvedIommu>({ iommu: 0, name: 'smmu' }, { iommu: 3, name: 'pri' }),
};

describe('lookup in a scenario', () => {
  it('finds what has the number, not what stands at that place', () => {
    expect(deviceOf(scenario, 3)?.name).toBe('gpu');
    expect(deviceOf(scenario, 7)?.name).toBe('nic');
    expect(processOf(scenario, 3)?.name).toBe('database');
    expect(iommuOf(scenario, 3)?.name).toBe('pri');
  });

  it('finds nothing where no number is like it', () => {
    expect(deviceOf(scenario, 0)).toBeUndefined();
    expect(processOf(scenario, 7)).toBeUndefined();
    expect(iommuOf(scenario, 1)).toBeUndefined();
  });

  it('keeps scenarios apart', () => {
    const other = { ...scenario, devices: numbered<ResolvedDevice>({ device: 3, name: 'disk' }) };
    expect(deviceOf(other, 3)?.name).toBe('disk');
    expect(deviceOf(scenario, 3)?.name).toBe('gpu');
  });
});
